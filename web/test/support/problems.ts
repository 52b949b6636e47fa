import type { BrowserContext, ConsoleMessage } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import { wasTakenAway } from "../../../packages/client/test/support/outages.ts";

/** What no page of a test may do. */
const problems = new WeakMap<BrowserContext, string[]>();

/**
 * Fails the test that is running when a page of a browser throws, logs an error, or does what its
 * Content-Security-Policy forbids, which the browser logs.
 */
export function watchProblems(context: BrowserContext): void {
  const seen = noteProblems(context);
  onTestFinished(() => expect(seen, "problems of the page").toEqual([]));
}

/** How a Firefox tells of a socket without a connection. Playwright takes it for an error of the page. */
const LOST = /^(Firefox can’t establish a connection to|The connection to) .*wss?:/;

/** Notes the problems of all pages of a browser. @returns them, as they come */
export function noteProblems(context: BrowserContext): readonly string[] {
  const seen: string[] = [];
  problems.set(context, seen);
  context.on("weberror", (error) => {
    const { stack, message } = error.error();
    if (!LOST.test(message)) seen.push(`thrown: ${stack ?? message}`);
  });
  context.on("console", (message) => {
    if (message.type() === "error" && !isAnswer(message)) seen.push(`logged: ${message.text()}`);
  });
  return seen;
}

/**
 * What Chromium says of a server that is not there: "reset" of a line that it takes up again, "refused" of a
 * new one, "empty" of one that was waiting, "not connected" and "incomplete" of one in its midst.
 * Which one depends on the moment at which the server went.
 */
const UNREACHABLE =
  /net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED|INCOMPLETE_CHUNKED_ENCODING)/;

/** Forgets the problems so far, for a test that causes one. @returns them */
export function takeProblems(context: BrowserContext): string[] {
  return problems.get(context)?.splice(0) ?? [];
}

/**
 * Whether the browser tells of a call that was refused or got no answer, which the page handles. What it
 * loads of itself must be there, unless the browser has no connection, or the test has taken the server away:
 * the page was loading code at that moment, or what it shows meanwhile has code of its own.
 */
function isAnswer(message: ConsoleMessage): boolean {
  const text = message.text();
  if (text.startsWith("WebSocket connection to")) return true;
  if (!text.startsWith("Failed to load resource")) return false;
  const { url } = message.location();
  if (UNREACHABLE.test(text) && wasTakenAway(url)) return true;
  return new URL(url).pathname.startsWith("/v1/") || text.includes("net::ERR_INTERNET_DISCONNECTED");
}
