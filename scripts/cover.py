"""The picture that the README opens with: a phone, a board, and the answer of a reader."""

import base64
from typing import Any

SIZE = (1600, 860)
# The wheat and the ink of the tokens; the picture stands on a page that has no styles of ours.
DRAWN = """
<!doctype html><style>
body{{margin:0;width:1600px;height:860px;background:#F3C75B;position:relative;overflow:hidden}}
body::after{{content:"";position:absolute;inset:auto 0 0;height:96px;background:#1E4A3C}}
img{{position:absolute;z-index:1;display:block;box-sizing:border-box;background:#14302F}}
.board{{left:304px;top:56px;width:1120px;border:10px solid #14302F;border-radius:16px}}
.phone{{left:56px;top:132px;width:320px;border:10px solid #14302F;border-radius:40px;z-index:2}}
.reader{{right:40px;top:440px;width:224px;border:14px solid #14302F;border-radius:30px;z-index:2}}
.phone,.reader{{box-shadow:0 0 0 6px #F3C75B}}
</style>
<img class="board" src="{board}"><img class="phone" src="{phone}">
<img class="reader" src="{reader}">
"""


def compose(page: Any, **pictures: bytes) -> bytes:
    """Return the picture; `pictures` are the board, the phone and the reader."""
    page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
    page.set_content(DRAWN.format(**{name: _inside(picture) for name, picture in pictures.items()}))
    page.evaluate("Promise.all([...document.images].map(one => one.decode()))")
    return bytes(page.screenshot())


def _inside(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()
