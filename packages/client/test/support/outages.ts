/**
 * The origins that a test has taken away. What takes one away notes it here, so that no test has to say which
 * errors of its pages that explains. They stay: a browser may tell of a call after its server is back.
 */
const taken = new Set<string>();

/** Notes that a server was killed, or that a network cut off who was connected, or carried nothing. */
export function noteOutage(origin: string): void {
  taken.add(origin);
}

/** Whether a test has taken away the server of a URL at any time. */
export function wasTakenAway(url: string): boolean {
  return URL.canParse(url) && taken.has(new URL(url).origin.replace(/^ws/, "http"));
}
