const KEYS = {
  a: "agree",
  w: "wrong",
  e: "expect",
  n: "note",
  d: "add",
  s: "skip",
  u: "undo",
  j: "forward",
  k: "back",
  o: "open",
};
const FORMS = new Set(["wrong", "expect", "note", "add"]);
const TITLES = {
  agree: "Agree",
  wrong: "Judge is wrong",
  expect: "Edit expected",
  note: "Note",
  add: "Add to dataset",
  skip: "Skip",
  undo: "Undo",
};

async function render({ model, el }) {
  const link = new Link(model);
  const { root, status, tell, guard } = frame(el, "Review of an eval run");
  const started = performance.now();
  let about;
  try {
    about = await link.ask("open");
  } catch (error) {
    root.append(status);
    tell(error.message, true);
    return () => link.close();
  }
  let current = about.at;
  let shownCase = null;
  let asked = 0;
  let isBusy = false;
  let isOpening = false;
  let underWay = Promise.resolve(); // the action or sample that is being fetched
  const title = make("strong", { text: about.title });
  const progress = make("span", { class: "llmops-count" });
  const meter = make("div", { class: "llmops-meter", role: "presentation" }, make("div"));
  const detail = make("div", { class: "llmops-case-view", tabindex: 0, "aria-label": "the sample under review" });
  const form = make("form", { class: "llmops-form", hidden: true });
  const reason = make("div", { class: "llmops-reason", dir: "auto" });
  const scorer = make("select", { class: "llmops-input", "aria-label": "scorer that the verdict is about" });

  const list = new WindowedList({
    rowHeight: 44,
    height: 560,
    label: "samples to review",
    fetch: (start, size) => link.ask("rows", { start, count: size }),
    render: (row, index) => [
      make(
        "span",
        { class: "llmops-line" },
        make("span", { class: "llmops-number-small", text: String(index + 1) }),
        make("span", { class: "llmops-case llmops-cell", text: row.case, title: row.case }),
        mark(row.state || row.verdict),
      ),
      make("span", { class: "llmops-line llmops-muted llmops-cell", text: row.input }),
    ],
    onActivate: (index) => go(index),
    onMove: (index) => go(index),
  });

  const load = (index) => {
    underWay = fetchCase(index);
    return underWay;
  };

  const fetchCase = guard(async (index) => {
    const number = ++asked;
    const reply = await link.ask("case", { index });
    if (number !== asked) return; // a later one was asked for meanwhile
    shownCase = reply;
    current = reply.index;
    showHtml(detail, reply.html);
    detail.scrollTop = 0;
    scorer.replaceChildren(
      ...reply.scores.map((score) => make("option", { value: score.scorer, text: `${score.scorer}: ${score.says}` })),
    );
    scorer.value = reply.scorer;
    showReason();
    hideForm();
  });

  function showReason() {
    const score = shownCase?.scores.find((each) => each.scorer === scorer.value);
    reason.textContent = score?.reason ?? "";
    reason.hidden = !score?.reason;
  }
  scorer.addEventListener("change", showReason);

  function go(index) {
    if (list.active !== index) list.move(index, false);
    return load(index);
  }

  async function told(reply) {
    list.replace(reply.index, reply.row);
    showProgress(reply);
    await go(reply.goto);
    if (reply.said) tell(reply.said); // once the next sample is there, and keys are about that one
  }

  function showProgress({ total, done, skipped }) {
    const left = total - done - skipped;
    const skips = skipped ? `, ${skipped.toLocaleString("en")} skipped` : "";
    progress.textContent = `${done.toLocaleString("en")} of ${total.toLocaleString("en")} reviewed${skips}, ${left.toLocaleString("en")} open`;
    meter.firstChild.style.width = `${total ? (100 * (done + skipped)) / total : 0}%`;
  }

  const send = (action, body) => {
    if (!isBusy) underWay = sendNow(action, body); // one at a time: a second press must not land elsewhere
    return underWay;
  };

  const sendNow = guard(async (action, body = {}) => {
    isBusy = true;
    try {
      await told(await link.ask("act", { action, index: current, scorer: scorer.value, ...body }));
      if (!form.contains(document.activeElement)) detail.focus({ preventScroll: true });
    } finally {
      isBusy = false;
    }
  });

  const ACTS = {
    agree: () => send("agree"),
    skip: () => send("skip"),
    undo: guard(async () => told(await link.ask("undo", { index: current }))),
    open: guard(async () => told(await link.ask("next", { index: current }))),
    forward: () => go(Math.min(current + 1, list.total - 1)),
    back: () => go(Math.max(current - 1, 0)),
    wrong: () => {
      const score = shownCase?.scores.find((each) => each.scorer === scorer.value);
      if (score?.kind === "yes or no") return send("wrong", { right: score.says.endsWith("yes") ? "no" : "yes" });
      const hint = score?.kind === "label" ? "the right label" : "the right verdict: yes, no or a number";
      return ask(hint, "", false, (right) => send("wrong", { right }));
    },
    expect: () => ask("what the case should expect", shownCase?.expected ?? "", true, (expected) => send("expect", { expected })),
    note: () => ask("a note", "", true, (text) => send("note", { text })),
    add: () =>
      ask("the dataset to add the case to", about.dataset, false, (dataset) => {
        about.dataset = dataset;
        return send("add", { dataset });
      }),
  };

  // A form opens when the sample it is about is there, and until then no key is a command: what
  // is typed for the form must not be taken for verdicts.
  async function act(name) {
    if (isOpening) return;
    if (!FORMS.has(name)) {
      ACTS[name]();
      return;
    }
    isOpening = true;
    try {
      let last;
      do {
        last = underWay;
        await last;
      } while (last !== underWay);
    } finally {
      isOpening = false;
    }
    ACTS[name]();
  }

  function ask(label, value, isLong, done) {
    const field = make(isLong ? "textarea" : "input", {
      class: "llmops-input llmops-grow",
      "aria-label": label,
      placeholder: label,
      rows: isLong ? 4 : null,
    });
    field.value = value;
    form.replaceChildren(
      make("label", { class: "llmops-form-label", text: label }),
      field,
      make("button", { type: "submit", class: "llmops-button llmops-main", text: "Save", title: "Ctrl+Enter" }),
      button("Cancel", "Escape", () => {
        hideForm();
        detail.focus({ preventScroll: true });
      }),
    );
    form.onsubmit = (event) => {
      event.preventDefault();
      hideForm();
      detail.focus({ preventScroll: true });
      done(field.value);
    };
    form.hidden = false;
    field.focus();
  }

  function hideForm() {
    form.hidden = true;
    form.replaceChildren();
  }

  root.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select") !== null;
    if (event.key === "Escape" && !form.hidden) {
      hideForm();
      detail.focus({ preventScroll: true });
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !form.hidden) {
      event.preventDefault();
      event.stopPropagation();
      form.requestSubmit();
      return;
    }
    if (isTyping || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const name = KEYS[event.key];
    if (!name) return;
    event.preventDefault();
    event.stopPropagation();
    act(name);
  });

  const buttons = Object.entries(TITLES).map(([name, text]) => {
    const key = Object.keys(KEYS).find((each) => KEYS[each] === name);
    const extra = { "aria-keyshortcuts": key, class: `llmops-button llmops-act-${name}` };
    const made = button(text, `key ${key}`, () => act(name), extra);
    made.append(make("kbd", { text: key, "aria-hidden": true }));
    return made;
  });

  root.append(
    make("div", { class: "llmops-bar" }, title, make("span", { class: "llmops-muted", text: about.scope }), progress),
    meter,
    make(
      "div",
      { class: "llmops-split" },
      make("div", { class: "llmops-side" }, list.element),
      make(
        "div",
        { class: "llmops-main-side" },
        make("div", { class: "llmops-bar llmops-acts" }, scorer, ...buttons),
        reason,
        form,
        detail,
      ),
    ),
    make(
      "div",
      { class: "llmops-bar" },
      button("Previous", "key k", () => ACTS.back()),
      button("Next", "key j", () => ACTS.forward()),
      button("Next open", "key o", () => ACTS.open()),
      status,
    ),
  );
  showProgress(about);
  await guard(() => list.reload())();
  list.move(current, false);
  await load(current);
  root.dataset.openMs = String(Math.round(performance.now() - started));
  return () => link.close();
}

export default { render };
