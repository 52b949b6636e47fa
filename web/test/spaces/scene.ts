import type { Locator, Page } from "playwright-core";
import { z } from "zod";
import type { Person } from "../../../scripts/support/person.ts";
import type { Site } from "../support/site.ts";

const WithId = z.object({ id: z.number() });
const Code = z.object({ code: z.string() });

/** A space of Ann's in which Bob is, too. */
export class Scene {
  readonly ann: Person;
  readonly bob: Person;
  readonly path: string;
  readonly #id: number;

  private constructor(ann: Person, bob: Person, id: number) {
    this.ann = ann;
    this.bob = bob;
    this.path = `/v1/spaces/${id}`;
    this.#id = id;
  }

  static async open(site: Site, name = "Garden club"): Promise<Scene> {
    return new Scene(await site.person("ann"), await site.person("bob"), 0).another(name);
  }

  /** Another space of the two. */
  async another(name: string): Promise<Scene> {
    const { ann, bob } = this;
    const scene = new Scene(ann, bob, await made(ann, "/v1/spaces", { name }));
    const { code } = Code.parse(await ann.call("POST", `${scene.path}/invitations`, {}));
    await bob.call("POST", `/v1/invitations/${code}`);
    return scene;
  }

  get id(): number {
    return this.#id;
  }

  /** Ann adds a channel. @returns its id */
  channel(name: string, fields: object = {}): Promise<number> {
    return made(this.ann, `${this.path}/channels`, { name, ...fields });
  }

  /** Ann adds a category. @returns its id */
  category(name: string): Promise<number> {
    return made(this.ann, `${this.path}/categories`, { name });
  }

  /** Ann adds a role. @returns its id */
  role(fields: object): Promise<number> {
    return made(this.ann, `${this.path}/roles`, fields);
  }

  /** The channels and categories as a member sees them. */
  async layout(by = this.ann): Promise<{ items: Record<string, unknown>[]; categories: { name: string }[] }> {
    return Object(await by.call("GET", `${this.path}/channels`));
  }
}

async function made(by: Person, path: string, body: object): Promise<number> {
  return WithId.parse(await by.call("POST", path, body)).id;
}

/** What the list shows: a space, or "Chats". */
export const tab = (page: Page, name: string): Locator =>
  page.getByRole("group", { name: "Spaces" }).getByRole("button", { name });

/** A channel of the space that is shown, in any category. */
export const channel = (page: Page, name: string): Locator =>
  page.getByRole("region", { name: "Garden club" }).getByRole("link", { name });

/** The names of all channels that are shown, and of the categories above them. */
export const shownRows = (page: Page): Promise<string[]> =>
  page.locator(".channels a bdi, .category-head bdi").allInnerTexts();

/** Chooses in the menu of the space that is shown, of a channel or of a category. */
export async function chooseFor(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}
