const COLUMNS = [
  ["case", "case", "minmax(9em,1.2fr)"],
  ["verdict", "verdict", "6em"],
  ["moved", "change", "6em"],
  ["tags", "tags", "minmax(6em,.7fr)"],
  ["input", "input", "minmax(10em,2fr)"],
  ["expected", "expected", "minmax(8em,1.2fr)"],
  ["answer", "answer", "minmax(10em,2fr)"],
  ["baseline", "baseline's answer", "minmax(10em,2fr)"],
  ["latency", "latency", "5em"],
  ["tokens", "tokens", "8em"],
  ["cost", "cost", "5.5em"],
];
const ORDERS = { case: "case", verdict: "attention", latency: "latency", cost: "cost" };
const OFF_AT_FIRST = new Set(["tags", "tokens", "baseline"]);
const NUMBERS = new Set(["latency", "tokens", "cost"]);
const LEAST_MS = 500; // between chunks of a download: the server drops what comes faster

async function render({ model, el }) {
  const link = new Link(model);
  const { root, status, tell, guard } = frame(el, "Rows of an eval run");
  const started = performance.now();
  const query = { text: "", show: "all", scorer: "", tag: "", order: "attention", descending: false };
  let about;
  try {
    about = await link.ask("open");
  } catch (error) {
    root.append(status);
    tell(error.message, true);
    return () => link.close();
  }
  const columns = allColumns(about);
  const off = new Set(OFF_AT_FIRST);
  const overview = make("div");
  showHtml(overview, about.overview);
  const count = make("span", { class: "llmops-count" });
  const heads = make("div", { class: "llmops-heads", role: "presentation" });
  const detail = make("div", { class: "llmops-detail", tabindex: -1, "aria-live": "off", hidden: true });

  const list = new WindowedList({
    rowHeight: 30,
    height: Math.min(390, Math.max(60, about.total * 30)),
    label: "rows; Enter shows one in full",
    fetch: (start, size) => link.ask("rows", { ...query, start, count: size }),
    render: (row) => shown().map(([name]) => cell(row, name)),
    onActivate: guard(async (index) => {
      const row = list.row(index);
      if (!row) return;
      const reply = await link.ask("detail", { place: row.place });
      showHtml(detail, reply.html);
      detail.hidden = false;
    }),
  });
  const shown = () => columns.filter(([name]) => !off.has(name));

  function cell(row, name) {
    const isScore = name.startsWith("score:");
    const text = isScore ? row.scores[about.scorers.indexOf(name.slice(6))] : row[name];
    const kind = NUMBERS.has(name) ? " llmops-number" : name === "case" ? " llmops-case" : "";
    const inner = name === "verdict" || name === "moved" || isScore ? mark(text ?? "") : null;
    const options = inner ? {} : { text: text ?? "" };
    return make("span", { class: `llmops-cell${kind}`, title: text || null, ...options }, inner);
  }

  function layOut() {
    root.style.setProperty("--llmops-columns", shown().map(([, , size]) => size).join(" "));
    heads.replaceChildren(...shown().map(([name, title]) => head(name, title)));
    list.paint();
  }

  function head(name, title) {
    const order = name.startsWith("score:") ? name : ORDERS[name];
    const kind = NUMBERS.has(name) ? "llmops-cell llmops-number" : "llmops-cell";
    if (!order) return make("span", { class: kind, text: title, title });
    const isOn = query.order === order;
    const arrow = isOn ? (query.descending ? " ▼" : " ▲") : "";
    const sorting = isOn ? (query.descending ? "sorted, highest first" : "sorted, lowest first") : "not sorted";
    return make("button", {
      type: "button",
      class: `${kind} llmops-head`,
      text: title + arrow,
      title: `sort by ${title}`,
      "aria-label": `${title}, ${sorting}`,
      on: {
        click: () => {
          query.descending = isOn && !query.descending;
          query.order = order;
          search().then(() => heads.querySelector(`[title="sort by ${CSS.escape(title)}"]`)?.focus());
        },
      },
    });
  }

  const search = guard(async () => {
    const reply = await list.reload();
    if (!reply) return;
    list.element.style.height = `${Math.min(390, Math.max(60, reply.total * 30))}px`;
    count.textContent = `${reply.total.toLocaleString("en")} of ${about.total.toLocaleString("en")} rows`;
    detail.hidden = true;
    layOut();
  });

  const download = guard(async () => {
    const parts = [];
    let start = 0;
    let size = 1;
    let name = "rows.csv";
    while (start < size) {
      const begun = performance.now();
      const reply = await link.ask("csv", { start });
      const chunk = new Uint8Array(reply.buffers[0].buffer ?? reply.buffers[0], reply.buffers[0].byteOffset ?? 0, reply.buffers[0].byteLength);
      parts.push(chunk);
      start += chunk.byteLength;
      ({ size, name } = reply);
      if (!chunk.byteLength) break;
      tell(`Downloading: ${Math.round((100 * start) / size)}%`);
      const wait = LEAST_MS - (performance.now() - begun);
      if (start < size && wait > 0) await new Promise((done) => setTimeout(done, wait));
    }
    const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("gzip"));
    const blob = new Blob([await new Response(stream).blob()], { type: "text/csv" });
    const address = URL.createObjectURL(blob);
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    tell(`Downloaded ${name}`);
  });

  const variable = make("input", { class: "llmops-input", value: about.frame, size: 10, "aria-label": "name of the variable" });
  const keep = guard(async () => tell((await link.ask("frame", { ...query, name: variable.value })).text));

  root.append(
    overview,
    controls(),
    make("div", { class: "llmops-scroll" }, make("div", { class: "llmops-table" }, heads, list.element)),
    detail,
    make(
      "div",
      { class: "llmops-bar" },
      count,
      button("Download CSV", "the rows shown by the filter", download),
      button("To DataFrame", "put the rows into a variable of the notebook", keep),
      variable,
      status,
    ),
  );
  await search();
  root.dataset.openMs = String(Math.round(performance.now() - started));
  return () => link.close();

  function controls() {
    const text = make("input", {
      type: "search",
      class: "llmops-input llmops-grow",
      placeholder: "words in input, answer, reasons or tags",
      "aria-label": "filter by words",
      on: { input: later(200, (event) => set("text", event.target.value)) },
    });
    const shows = [["all", "all rows"], ["failing", "failing"]];
    if (about.has_baseline) shows.push(["worse", "▼ worse"], ["better", "▲ better"]);
    const orders = [["attention", "sort: failing first"], ["case", "sort: case"], ["latency", "sort: latency"], ["cost", "sort: cost"]];
    orders.push(...about.scorers.map((name) => [`score:${name}`, `sort: ${name}`]));
    return make(
      "div",
      { class: "llmops-bar" },
      text,
      choice("rows shown", shows, (value) => set("show", value)),
      choice("scorer", [["", "any scorer"], ...about.scorers.map((name) => [name, name])], (value) => set("scorer", value)),
      about.tags.length ? choice("slice", [["", "any slice"], ...about.tags.map((tag) => [tag, tag])], (value) => set("tag", value)) : null,
      choice("order", orders, (value) => {
        query.descending = false;
        set("order", value);
      }),
      columnChoice(),
    );
  }

  function set(name, value) {
    query[name] = value;
    search();
  }

  function choice(label, options, onChange) {
    const items = options.map(([value, title]) => make("option", { value, text: title }));
    const element = make("select", { class: "llmops-input", "aria-label": label }, ...items);
    element.addEventListener("change", () => onChange(element.value));
    return element;
  }

  function columnChoice() {
    const boxes = columns.map(([name, title]) => {
      const box = make("input", { type: "checkbox", checked: !off.has(name) });
      box.addEventListener("change", () => {
        if (box.checked) off.delete(name);
        else off.add(name);
        layOut();
      });
      return make("label", { class: "llmops-check" }, box, make("span", { text: title }));
    });
    return make(
      "details",
      { class: "llmops-menu" },
      make("summary", { class: "llmops-button", text: "columns" }),
      make("div", { class: "llmops-menu-items" }, ...boxes),
    );
  }
}

function allColumns(about) {
  const scores = about.scorers.map((name) => [`score:${name}`, name, "minmax(6.5em,.6fr)"]);
  const known = COLUMNS.filter(([name]) => about.has_baseline || (name !== "moved" && name !== "baseline"));
  const at = known.findIndex(([name]) => name === "latency");
  return [...known.slice(0, at), ...scores, ...known.slice(at)];
}

export default { render };
