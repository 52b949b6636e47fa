import type { BrowserContext, ConsoleMessage } from "playwright-core";
import { expect, onTestFinished } from "vitest";

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
 * Chromium says "reset" of a line that it takes up again, "refused" of a new one. Which one depends on the
 * moment at which the server went.
 */
const UNREACHABLE = /^logged: Failed to load resource: net::ERR_CONNECTION_(REFUSED|RESET)$/;

/**
 * Forgets what pages logged of a server that a test took away: code that they were loading at that moment,
 * and code of what they show meanwhile. Other problems remain.
 */
export function forgetUnreachable(context: BrowserContext): void {
  const remaining = takeProblems(context).filter((one) => !UNREACHABLE.test(one));
  problems.get(context)?.push(...remaining);
}

/** Forgets the problems so far, for a test that causes one. @returns them */
export function takeProblems(context: BrowserContext): string[] {
  return problems.get(context)?.splice(0) ?? [];
}

/**
 * Whether the browser tells of a call that was refused or got no answer, which the page handles. What it
 * loads of itself must be there, unless the browser has no connection.
 */
function isAnswer(message: ConsoleMessage): boolean {
  if (message.text().startsWith("WebSocket connection to")) return true;
  if (!message.text().startsWith("Failed to load resource")) return false;
  const { pathname } = new URL(message.location().url);
  return pathname.startsWith("/v1/") || message.text().includes("net::ERR_INTERNET_DISCONNECTED");
}
