"""What Airflow loads to show one of our pages within its own: a frame that lets windows open, and runs nothing in it.

It gives our page the color scheme of the page around it: a frame by itself has the reader's, whatever Airflow was set to. And it whitens
the icon of the page that is open, which Airflow (3.3.2) leaves dark on dark.
"""

from __future__ import annotations

import json

from fastapi import HTTPException
from fastapi.responses import Response

from daybook_airflow.views import DAGS, VIEWS, View

_FRAME = """\
const follow = () => {
  for (const frame of document.querySelectorAll("iframe[data-daybook]")) {
    const page = frame.contentDocument?.documentElement;
    if (page) page.style.colorScheme = document.documentElement.style.colorScheme;
  }
};
if (!document.getElementById("daybook-icons")) {
  const light = document.createElement("style");
  light.id = "daybook-icons";
  light.textContent = '[aria-current="page"] img[src^="data:image/svg+xml"] { filter: brightness(0) invert(1) }';
  document.head.append(light);
}
new MutationObserver(follow).observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
globalThis[%(name)s] = ({ dagId, runId }) => {
  const ours = %(dags)s;
  const make = globalThis.React.createElement;
  if (ours && !ours.includes(dagId)) {
    return make("p", { style: { padding: "1rem" } }, "This DAG is none of Daybook's: it has nothing to tell here.");
  }
  const page = new URL(%(page)s, document.baseURI);
  if (ours) {
    page.searchParams.set("dag_id", dagId);
    page.searchParams.set("run_id", runId);
  }
  return make("iframe", {
    title: %(name)s,
    src: page.href,
    onLoad: follow,
    "data-daybook": "",
    sandbox: "allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
    style: { border: "none", display: "block", height: %(height)s, width: "100%%" },
  });
};
"""


def show_frame(name: str) -> Response:
    """The frame of one view, `<route>.js`."""
    view = next((view for view in VIEWS if f"{view.route}.js" == name), None)
    if view is None:
        raise HTTPException(404, "There is no such frame")
    return Response(frame(view), media_type="text/javascript")


def frame(view: View) -> str:
    """The component that Airflow looks for by the view's name."""
    is_of_runs = view.destination == "dag_run"
    told = {
        "name": view.name,
        "dags": DAGS if is_of_runs else None,
        "page": f"daybook/{view.page}",
        "height": view.height,
    }
    return _FRAME % {key: json.dumps(value) for key, value in told.items()}
