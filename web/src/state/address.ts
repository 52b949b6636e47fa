/** What stands beside a conversation. */
const PANELS = ["info", "media", "pins", "threads"] as const;
/** The name of what stands beside a conversation. */
export type Panel = (typeof PANELS)[number];

/** What the page shows: the part of its address behind `#`. */
export type Route =
  | { view: "home" }
  | {
      view: "conversation";
      id: number;
      /** the message to show, by its `seq`; absent: the newest ones */
      at?: number;
      /** the root of the thread beside it */
      thread?: number;
      panel?: Panel;
    }
  | { view: "archive" | "mentions" | "threads" | "saved" | "scheduled" | "people" | "new" }
  | { view: "search"; query: string }
  /** message requests: that of a conversation, by its id; 0: all */
  | { view: "requests"; id: number }
  | { view: "user"; id: number }
  | { view: "invitation"; code: string }
  /** what is for staff, or a part of the settings. @see moderation/place.ts, settings/sections.tsx */
  | { view: "admin" | "settings"; place: string }
  | { view: "nothing" };

const PLAIN = ["archive", "mentions", "threads", "saved", "scheduled", "people", "new"] as const;

/** The address of a route. */
export function href(to: Route): string {
  switch (to.view) {
    case "home":
      return "#/";
    case "conversation": {
      const beside = to.thread ? `/t/${to.thread}` : to.panel ? `/${to.panel}` : "";
      return `#/c/${to.id}${to.at ? `/m/${to.at}` : ""}${beside}`;
    }
    case "search":
      return `#/search/${encodeURIComponent(to.query)}`;
    case "user":
    case "requests":
      return `#/${to.view}/${to.id || ""}`;
    case "invitation":
      return `#/join/${encodeURIComponent(to.code)}`;
    case "admin":
    case "settings":
      return `#/${to.view}/${to.place}`;
    default:
      return `#/${to.view}`;
  }
}

/** The route of an address. @param hash its part from `#` on */
export function parseAddress(hash: string): Route {
  const [view = "", ...rest] = hash
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decoded);
  const [first = ""] = rest;
  const plain = PLAIN.find((one) => one === view);
  if (plain && rest.length === 0) return { view: plain };
  if (view === "" && rest.length === 0) return { view: "home" };
  if (view === "c") return conversation(rest);
  if (view === "admin" || view === "settings") return { view, place: rest.join("/") };
  if (view === "search") return { view, query: first };
  if (view === "requests" || (view === "user" && number(first))) return { view, id: number(first) };
  if (view === "join" && first) return { view: "invitation", code: first };
  return { view: "nothing" };
}

/** `12`, `12/m/40`, `12/t/7`, `12/info`, `12/m/40/info` */
function conversation([id = "", ...rest]: string[]): Route {
  if (!number(id)) return { view: "nothing" };
  const at = rest[0] === "m" ? number(rest[1]) : 0;
  const [name, value] = rest[0] === "m" ? rest.slice(2) : rest;
  const panel = PANELS.find((one) => one === name);
  const thread = name === "t" ? number(value) : 0;
  const place = { ...(at && { at }), ...(thread && { thread }), ...(panel && { panel }) };
  return { view: "conversation", id: number(id), ...place };
}

function number(text = ""): number {
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
