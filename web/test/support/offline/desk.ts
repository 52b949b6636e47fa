import type { BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import { Network } from "../../../../packages/client/test/support/network.ts";
import type { Person } from "../../../../scripts/support/person.ts";
import { installed } from "../kept.ts";
import { noteProblems, takeProblems } from "../problems.ts";
import type { Site } from "../site.ts";
import { connection } from "../talk.ts";
import type { Action, Play, World } from "./action.ts";

const NO_ANSWER = "The server does not answer. Check the connection.";

/** When the connection goes: before the user begins, or before the answer of the server. */
export type Moment = "before" | "lost";

/** Runs in a page: shortens the pauses of the client before it asks again. They alone are no whole number. */
export function hurry(): void {
  const wait = window.setTimeout;
  const short = (step: TimerHandler, ms = 0) => wait(step, Number.isInteger(ms) ? ms : ms / 20);
  Object.assign(window, { setTimeout: short });
}

/** A user before a page whose connection comes and goes. */
export class Desk {
  readonly #page: Page;
  readonly #context: BrowserContext;
  readonly #network: Network;
  readonly #origin: string;

  private constructor(page: Page, network: Network, origin: string) {
    this.#page = page;
    this.#context = page.context();
    this.#network = network;
    this.#origin = origin;
  }

  /** Resolves once the browser has kept what the page of a user needs without a connection. */
  static async open(site: Site, hasServiceWorker: boolean, person: Person): Promise<Desk> {
    const network = await Network.to(site.origin);
    // Over plain http in a local network no browser has a service worker.
    const origin = hasServiceWorker ? network.origin : network.origin.replace("127.0.0.1", "parley.lan");
    const context = await site.context({ person, origin, hasServiceWorker });
    noteProblems(context);
    await context.addInitScript(hurry);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const loaded = new Set<string>();
    context.on("requestfinished", (call) => loaded.add(new URL(call.url()).pathname));
    const page = await context.newPage();
    await page.goto(origin);
    await connection(page, "live").waitFor({ state: "attached" });
    if (hasServiceWorker) await installed(page);
    else {
      const scripts: string[] = await (await fetch(`${site.origin}/scripts.json`)).json();
      await expect.poll(() => scripts.filter((path) => !loaded.has(path))).toEqual([]);
    }
    return new Desk(page, network, origin);
  }

  /** Plays an action while the connection goes, and when it is back. @returns what was not as it should be */
  async play(action: Action, world: World, moment: Moment): Promise<string | undefined> {
    try {
      const play = await action.play(world);
      await this.#begin(play);
      if (moment === "before") await this.#playBefore(play, action);
      else await this.#playLost(play, action);
      const logged = takeProblems(this.#context).filter((one) => !LOGGED.test(one));
      return logged.length > 0 ? logged.join("\n") : undefined;
    } catch (error) {
      return String(error).slice(0, 400);
    } finally {
      await this.#network.up();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    await this.#network[Symbol.asyncDispose]();
  }

  async #begin({ hash, ready, open, before, isSignedOut }: Play): Promise<void> {
    await before?.(this.#page);
    await this.#page.goto("about:blank");
    await this.#page.goto(`${this.#origin}/${hash}`);
    if (!isSignedOut) await this.#live();
    await ready(this.#page).waitFor();
    await open?.(this.#page);
  }

  #live(): Promise<void> {
    return connection(this.#page, "live").waitFor({ state: "attached" });
  }

  async #down({ isSignedOut, isAway }: Play, isGone = false): Promise<void> {
    await this.#network.down();
    if (isSignedOut || (isAway && isGone)) return;
    await connection(this.#page, "connecting").waitFor({ state: "attached" });
  }

  async #playBefore(play: Play, { before }: Action): Promise<void> {
    const { act, again = act, seen, worked, state, done, isAway = play.isSignedOut } = play;
    const was = await state?.();
    await this.#down(play);
    await act(this.#page);
    await seen?.(this.#page, "before").waitFor();
    if (before === "says") await this.#says(play);
    expect(await state?.(), "what the server has meanwhile").toEqual(was);
    await this.#network.up();
    if (!isAway) await this.#live();
    if (before === "says") await again(this.#page);
    await worked?.(this.#page).waitFor();
    if (state) await poll(state, "what the server has then").toEqual(done);
  }

  async #playLost(play: Play, { lost, calls = [] }: Action): Promise<void> {
    const { act, again = act, seen, shown, worked, state, done, isAway = play.isSignedOut } = play;
    const [page, network] = [this.#page, this.#network];
    const isLost = network.loseAnswers(calls.length > 0 ? matching(calls) : undefined);
    await act(page);
    await isLost;
    if (state) await poll(state, "what the server has").toEqual(done);
    await this.#down(play, true);
    if (lost === "says") await this.#says(play);
    else await seen?.(page, "lost").waitFor();
    await network.up();
    if (!isAway) await this.#live();
    if (shown) await shown(page).waitFor();
    else if (lost === "says") {
      const answer = worked ?? page.waitForResponse((one) => matching(calls).test(lineOf(one.request())));
      await again(page);
      await (typeof answer === "function" ? answer(page).waitFor() : answer);
    }
    if (state) await poll(state, "what the server has then").toEqual(done);
  }

  async #says({ says = NO_ANSWER }: Play): Promise<void> {
    const text = this.#page.getByText(says).filter({ visible: true }).first();
    await text.waitFor();
    // It goes, so that what is said next time is seen.
    for (const toast of await this.#page.locator(".toasts p").all()) await toast.click();
  }
}

/**
 * What the browser says by itself of an origin without a connection, or without https, and of recordings
 * whose address is that of the server behind the network.
 */
const LOGGED = /Failed to load resource|Cross-Origin-Opener-Policy|"media-src /;

function poll(state: () => Promise<unknown>, message: string) {
  return expect.poll(state, { message });
}

/** Fits the first line of a call that is one of these, as `put /v1/blocks/{user_id}`. */
function matching(calls: readonly string[]): RegExp {
  const each = calls.map((call) => call.replaceAll("/", "\\/").replace(/\{\w+\}/g, "[^/?]+"));
  return new RegExp(`^(${each.join("|")})(\\?\\S*)? HTTP`, "i");
}

function lineOf(call: { method(): string; url(): string }): string {
  const { pathname, search } = new URL(call.url());
  return `${call.method()} ${pathname}${search} HTTP`;
}
