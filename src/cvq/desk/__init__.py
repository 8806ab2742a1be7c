"""
The desk, where an agent answers somebody: who they are, what happens to them, and their card.

A file is opened with a reason, holds what the agent's services know, and its opening is traced.
Beside it, those whose role it is prepare what services cost.
"""
