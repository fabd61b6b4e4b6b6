const KEYS = { 0: 0, 1: 1, 2: 2, 3: 3 };
const MOVES = { n: "forward", p: "back", u: "undo", o: "open" };

async function render({ model, el }) {
  const link = new Link(model);
  const { root, status, tell, guard } = frame(el, "Labelling of passages");
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
  let isBusy = false;
  let asked = 0;
  const title = make("strong", { text: about.title });
  const progress = make("span", { class: "llmops-count" });
  const meter = make("div", { class: "llmops-meter", role: "presentation" }, make("div"));
  const question = make("div", { class: "llmops-question", dir: "auto", role: "heading", "aria-level": 3 });
  const place = make("span", { class: "llmops-muted" });
  const heading = make("div", { class: "llmops-passage-title", dir: "auto" });
  const text = make("div", { class: "llmops-passage", dir: "auto" });
  const detail = make(
    "div",
    { class: "llmops-case-view", tabindex: 0, "aria-label": "the passage to grade" },
    heading,
    text,
  );

  const list = new WindowedList({
    rowHeight: 44,
    height: 480,
    label: "queries to label",
    fetch: (start, size) => link.ask("rows", { start, count: size }),
    render: (row, index) => [
      make(
        "span",
        { class: "llmops-line" },
        make("span", { class: "llmops-number-small", text: String(index + 1) }),
        make("span", { class: "llmops-case llmops-cell", text: row.text, title: row.text }),
        mark(row.state),
      ),
      make("span", { class: "llmops-line llmops-muted llmops-cell", text: row.counts }),
    ],
    onActivate: (row) => goToQuery(row),
    onMove: (row) => goToQuery(row),
  });

  const buttons = about.grades.map((words, grade) => {
    const key = String(grade);
    const extra = { "aria-keyshortcuts": key, class: `llmops-button llmops-grade-${grade}` };
    const made = button(words.slice(2), `key ${key}`, () => send(grade), extra);
    made.append(make("kbd", { text: key, "aria-hidden": true }));
    return made;
  });

  function show(passage) {
    current = passage.index;
    question.textContent = passage.query;
    place.textContent = `passage ${passage.place} of ${passage.of}`;
    heading.textContent = passage.title;
    heading.hidden = !passage.title;
    text.textContent = passage.cut ? `${passage.text}… (${passage.cut.toLocaleString("en")} more characters)` : passage.text;
    detail.scrollTop = 0;
    detail.dataset.index = String(passage.index);
    buttons.forEach((each, grade) => {
      each.setAttribute("aria-pressed", String(passage.grade === grade));
      each.classList.toggle("llmops-main", passage.grade === grade);
    });
    if (list.active !== passage.row) list.move(passage.row, false);
  }

  function showProgress({ total, done }) {
    progress.textContent = `${done.toLocaleString("en")} of ${total.toLocaleString("en")} graded`;
    meter.firstChild.style.width = `${total ? (100 * done) / total : 0}%`;
  }

  const fetched = (kind, body) =>
    guard(async () => {
      const number = ++asked;
      const passage = await link.ask(kind, body);
      if (number === asked) show(passage); // or a later one was asked for meanwhile
    })();
  const go = (index) => fetched("passage", { index });
  const goToQuery = (row) => fetched("query", { row });

  // One at a time: a second press while the first is being written must not land on what follows.
  const act = guard(async (kind, body = {}) => {
    if (isBusy) return;
    isBusy = true;
    try {
      asked += 1;
      const reply = await link.ask(kind, { index: current, ...body });
      list.replace(reply.row, reply.shownRow);
      showProgress(reply);
      show(reply.passage);
      if (reply.said) tell(reply.said);
      detail.focus({ preventScroll: true });
    } finally {
      isBusy = false;
    }
  });
  const send = (grade) => act("grade", { grade });

  const ACTS = {
    forward: () => isBusy || go(Math.min(current + 1, about.total - 1)),
    back: () => isBusy || go(Math.max(current - 1, 0)),
    undo: () => act("undo"),
    open: () => act("next"),
  };

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.key in KEYS) send(KEYS[event.key]);
    else if (event.key in MOVES) ACTS[MOVES[event.key]]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  root.append(
    make(
      "div",
      { class: "llmops-bar" },
      title,
      make("span", { class: "llmops-muted", text: about.scope }),
      progress,
      make("span", { class: "llmops-muted", text: `as ${about.labeller}` }),
    ),
    meter,
    make(
      "div",
      { class: "llmops-split llmops-labels" },
      make("div", { class: "llmops-side" }, list.element),
      make(
        "div",
        { class: "llmops-main-side" },
        question,
        make("div", { class: "llmops-bar llmops-acts" }, ...buttons, place),
        detail,
      ),
    ),
    make(
      "div",
      { class: "llmops-bar" },
      button("Previous", "key p", () => ACTS.back()),
      button("Next", "key n", () => ACTS.forward()),
      button("Next open", "key o", () => ACTS.open()),
      button("Undo", "key u", () => ACTS.undo()),
      status,
    ),
  );
  showProgress(about);
  await guard(() => list.reload())();
  await go(current);
  root.dataset.openMs = String(Math.round(performance.now() - started));
  return () => link.close();
}

export default { render };
