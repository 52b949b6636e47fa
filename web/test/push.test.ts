import { runInNewContext } from "node:vm";
import type { BrowserContext, Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Person } from "../../scripts/support/person.ts";
import { Site } from "./support/site.ts";
import { chooseInAccount } from "./support/talk.ts";

const site = Site.forFile();

const Settings = z.object({ devices: z.array(z.object({ device_id: z.string(), kind: z.string() })) });

/** The devices that the server pushes to. */
const devices = async (person: Person) => Settings.parse(await person.call("GET", "/v1/push")).devices;

/** A browser whose user has allowed notifications, and whose push service is not there. */
async function allowing(person: Person): Promise<BrowserContext> {
  const context = await site.device({ person, hasServiceWorker: true });
  await context.addInitScript(() => {
    // The browser of the tests grants none.
    Object.defineProperty(Notification, "permission", { value: "granted" });
    Notification.requestPermission = async () => "granted";
    let isSubscribed = false;
    const subscription = {
      toJSON: () => ({
        endpoint: "https://fcm.googleapis.com/fcm/send/one",
        keys: {
          p256dh: "BLTk6dkYQpzN4qyrnbyrlMTQcsDcM-2OC_ZV-6a95-jsNpk6iaSiwvEq8V5fYjgxRr9Qq9djhIwTmWVGzPS2rRw",
          auth: "AAAAAAAAAAAAAAAAAAAAAA",
        },
      }),
      unsubscribe: async () => {
        isSubscribed = false;
        return true;
      },
    };
    Object.assign(PushManager.prototype, {
      subscribe: async () => {
        isSubscribed = true;
        return subscription;
      },
      getSubscription: async () => (isSubscribed ? subscription : null),
    });
    Object.assign(window, { isSubscribed: () => isSubscribed });
  });
  return context;
}

const isSubscribed = (page: Page) => page.evaluate(() => Reflect.get(window, "isSubscribed")());

/** A notification that stands. */
interface Standing {
  shown: object;
  close(): void;
}

/**
 * Has the service worker of the page get pushes. It runs outside of a browser: that of the tests lets no
 * service worker show a notification. @returns what it shows after each
 */
async function pushes(payloads: object[]): Promise<unknown> {
  const standing = new Map<string, Standing>();
  const badges: number[] = [];
  const handlers = new Map<string, (event: object) => void>();
  const self = {
    addEventListener: (type: string, handler: (event: object) => void) => handlers.set(type, handler),
    registration: {
      showNotification: async (title: string, { tag = "", body, data: to }: NotificationOptions) => {
        standing.set(tag, { close: () => standing.delete(tag), shown: { title, body, tag, to } });
      },
      getNotifications: async ({ tag }: { tag: string }) =>
        [...standing].flatMap(([of, one]) => (of === tag ? [one] : [])),
    },
  };
  const script = await (await fetch(`${site.origin}/service-worker.js`)).text();
  const navigator = { setAppBadge: async (badge: number) => badges.push(badge) };
  runInNewContext(script, { self, navigator, location: new URL(site.origin) });
  const seen: object[][] = [];
  for (const payload of payloads) {
    let done: unknown;
    handlers.get("push")?.({
      data: { json: () => payload },
      waitUntil: (work: unknown) => {
        done = work;
      },
    });
    await done;
    seen.push([...standing.values()].map(({ shown }) => shown));
  }
  return { seen, badges };
}

test("a browser that may notify is pushed to, until its user wants none or signs out", async () => {
  const ann = await site.person("ann");
  const context = await allowing(ann);
  const page = await context.newPage();
  await page.goto(`${site.origin}/#/settings`);
  const choice = page.getByLabel("Show notifications");
  expect(await devices(ann)).toEqual([]);
  await choice.check();
  await expect.poll(() => devices(ann)).toMatchObject([{ kind: "webpush" }]);
  const [first] = await devices(ann);
  await page.reload();
  await choice.waitFor();
  expect(await choice.isChecked()).toBe(true);
  await expect.poll(() => isSubscribed(page)).toBe(true);
  expect((await devices(ann)).map((one) => one.device_id)).toEqual([first?.device_id]);
  await choice.uncheck();
  await expect.poll(() => devices(ann)).toEqual([]);
  expect(await isSubscribed(page)).toBe(false);
  await choice.check();
  await expect.poll(() => devices(ann)).toHaveLength(1);
  await chooseInAccount(page, "Sign out");
  await expect.poll(() => isSubscribed(page)).toBe(false);
});

test("a push is shown with a way to its message, replaced and closed", async () => {
  const hike = { conversation_id: 1, seq: 7, title: "Hike", badge: 1 };
  const shown = (body: string) => ({ title: "Hike", body, tag: "conversation-1", to: "#/c/1/m/7" });
  const other = { title: "Bob", body: "hi", tag: "conversation-2", to: "#/c/2/m/1" };
  expect(
    await pushes([
      { ...hike, kind: "message", text: "ben: the tnt" },
      { ...hike, kind: "edit", text: "ben: the tent" },
      { conversation_id: 2, seq: 1, title: "Bob", badge: 2, kind: "mention", text: "hi" },
      { ...hike, kind: "clear", title: "", text: "" },
    ]),
  ).toEqual({
    seen: [[shown("ben: the tnt")], [shown("ben: the tent")], [shown("ben: the tent"), other], [other]],
    badges: [1, 1, 2, 1],
  });
});
