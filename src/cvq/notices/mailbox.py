"""
The mailbox of a demonstration: what would have left lies in a folder, one file each.

A file is named after its notice, so that sending twice writes the same file twice.
"""

from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from django.conf import settings

from cvq.notices.models import Notice, NoticeChannel


class Mailbox:
    """A folder of .eml and .txt files."""

    def __init__(self, folder: Path) -> None:
        """Keep what is sent in that folder, which is made when the first notice leaves."""
        self.folder = folder

    def send(self, notice: Notice) -> None:
        """Write a notice as a file that mail programs, or people, can read."""
        match NoticeChannel(notice.channel):
            case NoticeChannel.MAIL:
                self._write(f"{notice.pk:08}.eml", bytes(_mail(notice)))
            case NoticeChannel.SMS:
                text = f"À : {notice.recipient}\nLe : {notice.at:%Y-%m-%d %H:%M}\n\n{notice.body}\n"
                self._write(f"{notice.pk:08}.sms.txt", text.encode())

    def _write(self, name: str, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{name}.new"
        fresh.write_bytes(content)
        fresh.replace(self.folder / name)


def _mail(notice: Notice) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings.DEFAULT_FROM_EMAIL
    mail["To"] = notice.recipient
    mail["Subject"] = notice.subject
    mail["Date"] = format_datetime(notice.at)
    mail["Message-ID"] = f"<notice-{notice.pk}@carte.invalid>"
    mail.set_content(notice.body)
    return mail
