// On a narrow screen the services are closed by kind: the line of a kind says how many and how much.
"use strict";

if (matchMedia("(max-width: 760px)").matches) {
  const kinds = document.querySelectorAll("details.sorte");
  for (const kind of kinds) {
    kind.open = kinds.length === 1 || `#${kind.id}` === location.hash;
  }
}
