// What the pages at /docs do by script: search, the choice of light or dark, buttons that copy, and the
// address of this server in the examples. Without it these controls stay hidden, and the address is that of
// the documents.

/** The address in the documents. Each page shows the one that the browser asked. */
const EXAMPLE_HOST = "localhost:8787";
const THEMES = ["system", "light", "dark"];
const MOST_RESULTS = 12;
/** Words that say nothing of what is looked for. */
const FILLERS = new Set(
  "a an the to of in on for from with how do does i my you your is are can and or".split(" "),
);
/** Other words for what the documents say. */
const SYNONYMS = {
  ...{
    picture: "image",
    photo: "image",
    attachment: "file",
    avatar: "profile",
    delete: "revoke",
    unsend: "revoke",
  },
  ...{
    login: "sign",
    log: "sign",
    signin: "sign",
    signup: "register",
    chat: "conversation",
    room: "conversation",
  },
  ...{
    channel: "group",
    pagination: "paging",
    reconnect: "resume",
    presence: "online",
    invite: "invitation",
  },
};
/** The groups of pages about v1: an entry of theirs comes before one of another API. */
const FIRST = /^(Guides|Calls of v1)$/;

const themeButton = document.querySelector(".theme");
const search = document.querySelector(".search");
const input = search.querySelector("input");
const results = search.querySelector(".results");

/** The entries of the search, loaded when the field is first used. */
let entries;
let selected = 0;

showHost();
applyTheme(localStorage.getItem("theme") ?? "system");
themeButton.hidden = false;
themeButton.addEventListener("click", () => {
  const current = document.documentElement.dataset.theme ?? "system";
  const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length];
  localStorage.setItem("theme", next);
  applyTheme(next);
});

search.hidden = false;
input.addEventListener("focus", load);
input.addEventListener("input", show);
input.addEventListener("keydown", (event) => {
  // An input method takes the key. Safari tells the last one by its code alone.
  if (event.isComposing || event.keyCode === 229) return;
  const links = results.querySelectorAll("a");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    select(selected + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Enter" && links[selected]) {
    event.preventDefault();
    close();
    location.assign(links[selected].href);
  } else if (event.key === "Escape") {
    close();
    input.blur();
  }
});
document.addEventListener("click", (event) => {
  if (!search.contains(event.target)) close();
  else if (results.contains(event.target) && event.target.closest("a")) close();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.activeElement?.matches("input, textarea")) return;
  event.preventDefault();
  input.focus();
});

// A link of the menu to a place on this page leaves the sheet open otherwise.
const menu = document.getElementById("menu");
menu.addEventListener("click", (event) => {
  if (event.target.closest("a") && menu.matches(":popover-open")) menu.hidePopover();
});
menu.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });

for (const block of document.querySelectorAll("pre")) {
  const frame = document.createElement("div");
  const button = document.createElement("button");
  frame.className = "code";
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent);
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 1500);
  });
  block.replaceWith(frame);
  frame.append(block, button);
}

function showHost() {
  const texts = document.createTreeWalker(document.getElementById("main"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (!text.data.includes(EXAMPLE_HOST)) continue;
    text.data = text.data
      .replaceAll(`http://${EXAMPLE_HOST}`, () => location.origin)
      .replaceAll(EXAMPLE_HOST, () => location.host);
  }
}

function applyTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const name = { light: "light", dark: "dark" }[theme] ?? "auto";
  themeButton.textContent = `Theme: ${name}`;
}

async function load() {
  if (entries) return;
  const response = await fetch("/docs/search.json");
  if (!response.ok) return;
  entries = await response.json();
  show();
}

function show() {
  const all = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const telling = all.filter((word) => !FILLERS.has(word));
  const words = telling.length > 0 ? telling : all;
  if (!entries || words.length === 0) return close();
  const found = entries
    .map((entry) => ({ entry, score: score(entry, words) }))
    .filter((hit) => hit.score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST_RESULTS);
  results.replaceChildren(...(found.length > 0 ? found.map(({ entry }) => row(entry)) : [nothing()]));
  results.hidden = false;
  input.setAttribute("aria-expanded", "true");
  select(0);
}

/** How well an entry fits: every word must occur, or its synonym. */
function score(entry, words) {
  let sum = FIRST.test(entry.group) ? 5 : 0;
  for (const word of words) {
    const best = Math.max(scoreOf(entry, word), scoreOf(entry, SYNONYMS[word]) * 0.9);
    if (best === 0) return 0;
    sum += best;
  }
  return sum;
}

/** How well an entry fits a word: the title counts most, then the page, then the text. */
function scoreOf({ title, page, text }, word) {
  if (word === undefined) return 0;
  const heading = title.toLowerCase();
  if (heading === word) return 40;
  if (heading.split(/\W+/).includes(word)) return 20;
  if (heading.includes(word)) return 10;
  if (page.toLowerCase().includes(word)) return 3;
  return text.toLowerCase().includes(word) ? 1 : 0;
}

function row({ title, page, href }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const place = document.createElement("small");
  link.href = href;
  link.setAttribute("role", "option");
  link.textContent = title;
  place.textContent = page;
  link.append(place);
  item.append(link);
  return item;
}

function nothing() {
  const item = document.createElement("li");
  const text = document.createElement("p");
  text.textContent = "Nothing found. Try fewer words.";
  item.append(text);
  return item;
}

function select(index) {
  const links = [...results.querySelectorAll("a")];
  selected = Math.max(0, Math.min(index, links.length - 1));
  links.forEach((link, i) => {
    link.setAttribute("aria-selected", String(i === selected));
    if (i === selected) link.scrollIntoView({ block: "nearest" });
  });
}

function close() {
  results.hidden = true;
  input.setAttribute("aria-expanded", "false");
}
