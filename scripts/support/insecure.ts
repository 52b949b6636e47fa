/** What a browser has only where the page came over https, or from the machine itself. */
interface Rule {
  /** a use of it */
  use: RegExp;
  /** that the same file asks for it first */
  asks: RegExp;
}

const RULES: Rule[] = [
  // Without it each view that names something itself would fail: `newId` takes its place.
  { use: /\bcrypto\.(randomUUID|subtle)\b/, asks: /\bisSecureContext\b|crypto\.subtle\s*(\?|&&)/ },
  ...[
    "clipboard",
    "credentials",
    "locks",
    "mediaDevices",
    "mediaSession",
    "serviceWorker",
    "share",
    "storage",
    "wakeLock",
  ].map((name) => ({
    use: new RegExp(String.raw`\bnavigator\.${name}[.(]`),
    asks: new RegExp(String.raw`"${name}" in navigator|navigator\??\.${name}\s*(\?|&&|\))`),
  })),
  { use: /\bnavigator\.(set|clear)AppBadge\(/, asks: /"setAppBadge" in navigator/ },
  { use: /\bcaches\./, asks: /"caches" in window|globalThis\.caches\?/ },
  { use: /\b(new )?Notification[.(]/, asks: /"Notification" in window/ },
  { use: /\bPushManager[.(]/, asks: /"PushManager" in window/ },
];

/** Files whose callers ask, and who they are. */
const ASKED_BEFORE = new Map([
  ["packages/client/src/tabs/tab-socket.ts", "tabs/index.ts"],
  ["web/src/conversation/voice/recorder.ts", "voice-button.tsx says why by voice-problem.ts"],
]);

/** A line that may fail on a page over plain http. */
export interface InsecureUse {
  line: number;
  what: string;
}

/** The lines of a browser's file that use what plain http lacks, where nothing has asked for it. */
export function insecureIn(path: string, text: string): InsecureUse[] {
  if (ASKED_BEFORE.has(path)) return [];
  return RULES.filter(({ asks }) => !asks.test(text)).flatMap(({ use }) =>
    text.split("\n").flatMap((line, i) => {
      const [what] = /^\s*(\/\/|\/?\*)/.test(line) ? [] : (use.exec(line) ?? []);
      return what === undefined
        ? []
        : [{ line: i + 1, what: `${what.replace(/[.(]$/, "")} over plain http` }];
    }),
  );
}
