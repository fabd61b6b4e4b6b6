// What all widgets share: questions to the kernel, elements, and a list of windowed rows.
// Texts from the kernel are put in place with textContent. The one exception is `html`, which the
// views make with every text escaped.

const PAGE = 100; // rows asked for at once
const PATIENCE_MS = 30000;

class Link {
  // Asks the kernel and keeps each question apart from the others by a number.
  constructor(model) {
    this.model = model;
    this.number = 0;
    this.waiting = new Map();
    this.receive = (content, buffers) => {
      const entry = this.waiting.get(content.id);
      if (!entry) return; // another view of the same widget asked
      this.waiting.delete(content.id);
      clearTimeout(entry.timer);
      if (content.error) entry.reject(new Error(content.error));
      else entry.resolve({ ...content, buffers: buffers || [] });
    };
    model.on("msg:custom", this.receive);
  }

  ask(kind, body = {}) {
    const id = `${this.token()}-${++this.number}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error("The kernel does not answer: it is busy, or was restarted."));
      }, PATIENCE_MS);
      this.waiting.set(id, { resolve, reject, timer });
      this.model.send({ ...body, kind, id });
    });
  }

  token() {
    this.own ??= Math.random().toString(36).slice(2, 10);
    return this.own;
  }

  close() {
    this.model.off("msg:custom", this.receive);
    for (const entry of this.waiting.values()) clearTimeout(entry.timer);
    this.waiting.clear();
  }
}

function make(tag, options = {}, ...children) {
  const { text, on, data, ...attributes } = options;
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  for (const [name, value] of Object.entries(data ?? {})) element.dataset[name] = value;
  for (const [name, handler] of Object.entries(on ?? {})) element.addEventListener(name, handler);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function button(text, title, onClick, extra = {}) {
  return make("button", { type: "button", class: "llmops-button", text, title, on: { click: onClick }, ...extra });
}

function markClass(word) {
  return { "✓": "good", "✗": "bad", "!": "bad", "▼": "bad", "▲": "good", "?": "doubt" }[word?.[0]] ?? "plain";
}

function mark(word) {
  return make("span", { class: `llmops-mark llmops-${markClass(word)}`, text: word });
}

function later(milliseconds, work) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), milliseconds);
  };
}

class WindowedList {
  // A list of any length: only the rows in sight are elements, and only pages near them are held.
  constructor({ rowHeight, height, label, fetch, render, onActivate, onMove }) {
    Object.assign(this, { rowHeight, fetch, render, onActivate, onMove });
    this.total = 0;
    this.active = 0;
    this.generation = 0;
    this.pages = new Map();
    this.asked = new Set();
    this.prefix = `llmops-${Math.random().toString(36).slice(2, 8)}`;
    this.space = make("div", { class: "llmops-space", role: "presentation" });
    this.element = make(
      "div",
      { class: "llmops-window", role: "listbox", tabindex: 0, "aria-label": label, style: `height:${height}px` },
      this.space,
    );
    this.element.addEventListener("scroll", () => this.paint(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  async reload(keep = false) {
    const generation = ++this.generation;
    this.asked.clear();
    if (!keep) {
      this.active = 0;
      this.element.scrollTop = 0;
    }
    const first = Math.floor(this.firstVisible() / PAGE);
    const reply = await this.fetch(first * PAGE, PAGE);
    if (generation !== this.generation) return null;
    this.pages = new Map([[first, reply.rows]]);
    this.total = reply.total;
    this.space.style.height = `${this.total * this.rowHeight}px`;
    this.active = Math.max(0, Math.min(this.active, this.total - 1));
    this.paint();
    return reply;
  }

  row(index) {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  replace(index, row) {
    const page = this.pages.get(Math.floor(index / PAGE));
    if (page) page[index % PAGE] = row;
    this.paint();
  }

  firstVisible() {
    return Math.floor(this.element.scrollTop / this.rowHeight);
  }

  paint() {
    const first = Math.max(0, this.firstVisible() - 4);
    const shown = Math.ceil(this.element.clientHeight / this.rowHeight) + 8;
    const last = Math.min(this.total, first + shown);
    const rows = [];
    for (let index = first; index < last; index += 1) rows.push(this.rowElement(index));
    this.space.replaceChildren(...rows);
    this.element.setAttribute("aria-activedescendant", `${this.prefix}-${this.active}`);
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page += 1) this.want(page);
  }

  rowElement(index) {
    const row = this.row(index);
    const element = make("div", {
      class: "llmops-row",
      role: "option",
      id: `${this.prefix}-${index}`,
      "aria-posinset": index + 1,
      "aria-setsize": this.total,
      "aria-selected": String(index === this.active),
      style: `top:${index * this.rowHeight}px;height:${this.rowHeight}px`,
      on: { click: () => this.choose(index) },
    });
    if (row) element.append(...this.render(row, index));
    else element.append(make("span", { class: "llmops-wait", text: "…" }));
    return element;
  }

  async want(page) {
    if (this.pages.has(page) || this.asked.has(page)) return;
    this.asked.add(page);
    const generation = this.generation;
    try {
      const reply = await this.fetch(page * PAGE, PAGE);
      if (generation !== this.generation) return;
      this.pages.set(page, reply.rows);
      if (this.pages.size > 20) this.drop(page);
      this.paint();
    } finally {
      this.asked.delete(page);
    }
  }

  drop(near) {
    const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
    this.pages.delete(far[0]);
  }

  choose(index) {
    this.move(index, false);
    this.onActivate?.(this.active);
  }

  move(index, tell = true) {
    if (!this.total) return;
    this.active = Math.max(0, Math.min(index, this.total - 1));
    const top = this.active * this.rowHeight;
    const view = this.element;
    if (top < view.scrollTop) view.scrollTop = top;
    if (top + this.rowHeight > view.scrollTop + view.clientHeight)
      view.scrollTop = top + this.rowHeight - view.clientHeight;
    this.paint();
    if (tell) this.onMove?.(this.active);
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.total, End: this.total };
    if (event.key in steps) this.move(this.active + steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.onActivate?.(this.active);
    else return;
    event.preventDefault();
  }
}

function frame(el, label) {
  // JupyterLab leaves keys alone below an element with this attribute.
  const root = make("div", { class: "llmops-widget", role: "region", "aria-label": label });
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  const status = make("div", { class: "llmops-status", role: "status", "aria-live": "polite" });
  el.append(root);
  const tell = (text, isError = false) => {
    status.textContent = text;
    status.classList.toggle("llmops-failed", isError);
  };
  const guard = (work) => async (...values) => {
    try {
      return await work(...values);
    } catch (error) {
      tell(error.message, true);
      return undefined;
    }
  };
  return { root, status, tell, guard };
}

function showHtml(element, html) {
  element.innerHTML = html; // made by the views: every text in it is escaped
}
