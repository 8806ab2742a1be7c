"""Where people do it themselves, in public: the kiosks, and the screens of readers."""
