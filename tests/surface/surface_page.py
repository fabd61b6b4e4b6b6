"""Texts that would run or load something where they became markup, and a page that would tell."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Error

ADDRESS = "http://surface.test/"
MARK = "window.__xss=1"
REMOTE = "http://remote.test/p.png?q=SECRET"

PAYLOADS = {
    "script": f"<script>{MARK}</script></script><script>{MARK}//",
    "handlers": f"<img src=x onerror={MARK}><svg onload={MARK}><details open ontoggle={MARK}>",
    "attribute": f"\" autofocus onfocus={MARK} onmouseover={MARK} x=\"' onclick={MARK} '",
    "links": f'<a href="javascript:{MARK}">go</a><form action="javascript:{MARK}"><button>go',
    "frames": f'<iframe srcdoc="<script>parent.{MARK.removeprefix("window.")}</script>"></iframe>'
    f'<object data="{REMOTE}"></object><embed src="{REMOTE}">',
    "break out": f"</pre></td></table></details></style></textarea></title><script>{MARK}</script>",
    "remote": f'<img src="{REMOTE}" srcset="{REMOTE} 2x"><link rel=stylesheet href="{REMOTE}">'
    f'<style>@import "{REMOTE}";*{{background:url({REMOTE})}}</style><video poster="{REMOTE}">'
    f'<div style="background:url({REMOTE})"><input type=image src="{REMOTE}">'
    f'<base href="{REMOTE}">',
    "refresh": f'<meta http-equiv="refresh" content="0;url={REMOTE}">',
    "markdown": f"![x]({REMOTE}) [x](javascript:{MARK}) <{REMOTE}>\n\n[x]: {REMOTE}\n\n![x][x]",
    "formula": rf"$\href{{javascript:{MARK}}}{{x}}$ \(\unicode{{<img src=x onerror={MARK}>}}\)",
    "template": f"{{{{ x }}}}<svg><animate onbegin={MARK}>{{% raw %}}<math><mtext><table><mglyph>"
    f"<style><img src=x onerror={MARK}>",
    "encoded": f"&lt;script&gt;{MARK}&lt;/script&gt; &#60;img src=x onerror={MARK}&#62; %3Cscript",
}
TOUCH = """() => {
    for (const each of document.querySelectorAll('details')) each.open = true;
    for (const each of document.body.querySelectorAll('*'))
        for (const kind of ['mouseover', 'focus', 'click', 'toggle', 'error', 'load'])
            each.dispatchEvent(new Event(kind));
}"""


class Page:
    """A page of a browser that answers one address, and notes every other that is asked for."""

    def __init__(self, browser):
        self.asked = []
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.html = ""
        self.page.on("dialog", lambda dialog: (self.asked.append("dialog"), dialog.dismiss()))
        self.page.route("**/*", self._answer)

    def _answer(self, route):
        if route.request.url == ADDRESS:
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        else:
            self.asked.append(route.request.url)
            route.abort()

    def show(self, html):
        """Open a page, unfold all of it, and touch every element."""
        self.html = html
        self.page.goto(ADDRESS)
        self.touch()

    def touch(self):
        """Unfold the page that is open, and touch every element."""
        self._evaluate(TOUCH)
        self.page.wait_for_timeout(150)

    def _evaluate(self, script):
        with suppress(Error):  # the page went elsewhere meanwhile: its address tells
            return self.page.evaluate(script)

    @property
    def harm(self):
        """What ran or was asked for; nothing is what it should be."""
        ran = self._evaluate("() => window.__xss ?? null")
        moved = [] if self.page.url.startswith(ADDRESS) else [self.page.url]
        return [*self.asked, *moved, *([] if ran is None else ["a script ran"])]

    def close(self):
        self.context.close()
