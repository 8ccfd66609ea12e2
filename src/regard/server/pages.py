"""Pages for people."""

from html import escape

from regard.people.refusals import ATTRIBUTES, OPERATIONS

_STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:3rem auto;padding:0 1rem}td{padding:.4rem 1rem .4rem 0;vertical-align:top;border-top:1px solid #ddd}"  # noqa: E501


def refusals_page() -> str:
    """What this server refuses and why, as HTML, made from the table that refuses."""
    rows = "".join(
        f"<tr id='{escape(name)}'><td><code>{escape(name)}</code></td><td>Regard does not {escape(refusal.what)}: "
        f"{escape(refusal.why)}.</td></tr>"
        for name, refusal in (OPERATIONS | ATTRIBUTES).items()
    )
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>What Regard refuses</title>"
        f"<style>{_STYLE}</style><h1>What Regard refuses</h1>"
        "<p>Regard finds that there is a face; it says who somebody is only as a single, "
        "deliberate act on a still picture, about a person who agreed. These calls are answered with "
        "<code>AccessDeniedException</code>. No setting changes that, and each refusal is counted in "
        f"<a href='/metrics'>/metrics</a>.</p><table>{rows}</table></html>"
    )
