import type { Page } from "playwright-core";
import { afterAll, afterEach } from "vitest";
import { z } from "zod";
import { OpenIdProvider } from "../../../test/support/issuer/provider.ts";
import { Site } from "./site.ts";

const Tokens = z.object({ access_token: z.string(), user: z.object({ id: z.number() }) });

/** An issuer, and a site whose users sign in there, for the tests of a file. */
export class Issuer {
  readonly provider: OpenIdProvider;
  readonly host: string;
  readonly site: ReturnType<typeof Site.alone>;

  private constructor(provider: OpenIdProvider) {
    this.provider = provider;
    this.host = new URL(provider.issuer).host;
    this.site = this.server([provider.entry()]);
    afterEach(() => {
      provider.faults = {};
      provider.hasSignOut = true;
    });
    afterAll(() => provider.close());
  }

  static async start(): Promise<Issuer> {
    return new Issuer(await OpenIdProvider.start());
  }

  /** Another site for users of these issuers. */
  server(issuers: object[], settings: Record<string, string> = {}): ReturnType<typeof Site.alone> {
    const own = { OIDC_CLIENT_ID: OpenIdProvider.CLIENT, DEV_LOOPBACK: "on", ...settings };
    return Site.alone({ ...own, AUTH_ISSUERS: JSON.stringify(issuers) });
  }

  /** A user of the provider whom the server knows, and who signs in next. @returns their id */
  async newcomer(name: string): Promise<number> {
    this.provider.user = { sub: crypto.randomUUID(), name, sid: crypto.randomUUID() };
    const body = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      subject_token: await this.provider.sign({ ...this.provider.user, sid: undefined }),
    });
    const answer = await fetch(`${this.site.origin}/v1/token`, { method: "POST", body });
    return Tokens.parse(await answer.json()).user.id;
  }

  /** Somebody has written to a newcomer. @returns the conversation */
  async greeted(name: string): Promise<number> {
    const [ben, user_id] = [await this.site.person("ben"), await this.newcomer(name)];
    const { id } = z
      .object({ id: z.number() })
      .parse(await ben.call("POST", "/v1/conversations", { kind: "direct", user_id }));
    await ben.send(id, "Hello");
    return id;
  }

  /** Follows the link to the provider, and what the user chooses there. */
  async goAndCome(page: Page, choice: "Continue" | "Refuse" = "Continue"): Promise<void> {
    await page.getByRole("link", { name: `Sign in with ${this.host}` }).click();
    await page.getByRole("link", { name: choice }).click();
  }
}

/** What a page keeps under a name. */
export function kept(page: Page, name: string): Promise<string | null> {
  return page.evaluate((key) => localStorage.getItem(key), `parley:${name}`);
}
