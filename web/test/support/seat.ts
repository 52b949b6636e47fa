import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, onTestFailed } from "vitest";
import type { Person } from "../../../scripts/support/person.ts";
import { noteProblems, takeProblems } from "./problems.ts";
import type { Device, Site } from "./site.ts";
import { stored } from "./talk.ts";

/** The user of a page, another one, and their conversation, which the page shows by a name. */
interface Seated {
  ann: Person;
  ben: Person;
  id: number;
  name: string;
  page: Page;
}

/**
 * A user before a page, for tests of a file that each have a conversation of their own. To start a page takes
 * a second of CPU, to show another conversation a tenth. A test that replaces a function of the page, holds
 * calls of it or needs another look opens a page for itself.
 */
export class Seat {
  readonly #site: Site;
  #person: Person | undefined;
  #page: Page | undefined;
  /** A test has failed: it may have left anything on the page. */
  #isLeftOpen = false;

  /** @param look the device; absent: a computer */
  constructor(site: Site, look: Omit<Device, "person"> = {}) {
    this.#site = site;
    let context: BrowserContext;
    beforeAll(async () => {
      this.#person = await site.person("ann");
      context = await site.context({ ...look, person: this.#person });
      noteProblems(context);
      this.#page = await context.newPage();
      await this.#page.goto(site.origin);
    });
    beforeEach(({ onTestFinished }) => {
      onTestFinished(() => expect(takeProblems(context), "problems of the page").toEqual([]));
    });
    afterAll(() => context.close());
  }

  get person(): Person {
    if (!this.#person) throw new Error("the tests of the file have not begun");
    return this.#person;
  }

  /** Resolves once the list has a conversation whose newest message says this, and nothing unread. */
  async hasRead(id: number, newest: string): Promise<void> {
    const page = this.#begun();
    const row = page.locator(`nav a[href="#/c/${id}"]`).filter({ hasText: newest });
    await row.filter({ hasNot: page.getByLabel(/unread message/) }).waitFor({ state: "attached" });
  }

  /** Shows a conversation, which has this name. Resolves once one can write in it. */
  async take(id: number, name: string): Promise<Page> {
    const page = this.#begun();
    onTestFailed(() => {
      this.#isLeftOpen = true;
    });
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#/c/${id}`);
    if (this.#isLeftOpen) await page.reload();
    this.#isLeftOpen = false;
    await page.getByRole("textbox", { name: `Message ${name}`, exact: true }).waitFor();
    return page;
  }

  /** Another user, and a direct conversation with them, which the page shows. */
  async direct(): Promise<Seated> {
    const [ann, ben] = [this.person, await this.#site.person("ben")];
    const { id } = await ann.openDirect(ben);
    const name = ben.user.username;
    return { ann, ben, id, name, page: await this.take(id, name) };
  }

  /** Another user, and a group of both, which the page shows with what that user says there. */
  async group(...said: string[]): Promise<Seated> {
    const [ann, ben] = [this.person, await this.#site.person("ben")];
    const name = `Hike with ${ben.user.username}`;
    const { id } = await ann.openGroup(name, [ben]);
    const page = await this.take(id, name);
    for (const text of said) await ben.send(id, text);
    for (const text of said) await stored(page, text).waitFor();
    return { ann, ben, id, name, page };
  }

  #begun(): Page {
    if (!this.#page) throw new Error("the tests of the file have not begun");
    return this.#page;
  }
}
