import { runInNewContext } from "node:vm";
import type { BrowserContext, Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Person } from "../../scripts/support/person.ts";
import { Site } from "./support/site.ts";
import { chooseInAccount } from "./support/talk.ts";

const site = Site.forFile();

const Settings = z.object({
  devices: z.array(z.object({ device_id: z.string(), kind: z.string(), content: z.string() })),
});

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
  data: unknown;
  shown: object;
  close(): void;
}

/**
 * The service worker of the page. It runs outside of a browser: that of the tests lets no service worker show
 * a notification.
 * @param windows the paths of the server that windows show, the one first that was looked at last
 */
async function serviceWorker(...windows: string[]) {
  const standing = new Map<string, Standing>();
  const badges: number[] = [];
  const opened: string[] = [];
  const answers: unknown[] = [];
  const told: string[] = [];
  const handlers = new Map<string, (event: object) => void>();
  const self = {
    addEventListener: (type: string, handler: (event: object) => void) => handlers.set(type, handler),
    registration: {
      showNotification: async (title: string, { tag = "", body, data }: NotificationOptions) => {
        const shown = { title, body, tag, to: data.to };
        standing.set(tag, { data, close: () => standing.delete(tag), shown });
      },
      getNotifications: async ({ tag }: { tag: string }) =>
        [...standing].flatMap(([of, one]) => (of === tag ? [one] : [])),
    },
    clients: {
      matchAll: async () =>
        windows.map((path) => ({
          url: `${site.origin}${path}`,
          postMessage: (message: unknown) => told.push(`${path} ${message}`),
          focus: async () => told.push(`${path} has the focus`),
        })),
      openWindow: async (address: string) => opened.push(address),
    },
  };
  const script = await (await fetch(`${site.origin}/service-worker.js`)).text();
  const navigator = { language: "en", setAppBadge: async (badge: number) => badges.push(badge) };
  const open = async () => ({ put: async (_: string, kept: Response) => answers.push(await kept.json()) });
  const globals = { caches: { open }, Response, URL, crypto, location: new URL(site.origin) };
  runInNewContext(script, { self, navigator, ...globals });
  const handle = async (type: string, event: object) => {
    let done: unknown;
    const waitUntil = (work: unknown) => {
      done = work;
    };
    handlers.get(type)?.({ ...event, waitUntil });
    await done;
  };
  /** Gets pushes. @returns what is shown after each */
  const push = async (payloads: object[]) => {
    const seen: object[][] = [];
    for (const payload of payloads) {
      await handle("push", { data: { json: () => payload } });
      seen.push([...standing.values()].map(({ shown }) => shown));
    }
    return { seen, badges };
  };
  /** A click on a notification, or what was typed into it. @returns what it opens and keeps */
  const click = async (tag: string, more: { action?: string; reply?: string } = {}) => {
    await handle("notificationclick", { notification: standing.get(tag), ...more });
    return { opened, answers };
  };
  return { push, click, told };
}

test("a browser that may notify is pushed to, until its user wants none or signs out", async () => {
  const ann = await site.person("ann");
  const context = await allowing(ann);
  const page = await context.newPage();
  await page.goto(`${site.origin}/#/settings/notifications`);
  const choice = page.getByLabel("Show notifications");
  await expect.poll(() => devices(ann)).toEqual([]);
  await choice.check();
  await expect.poll(() => devices(ann)).toMatchObject([{ kind: "webpush", content: "full" }]);
  await page.getByLabel("A notification shows").selectOption("That there is a message");
  await expect.poll(() => devices(ann)).toMatchObject([{ content: "none" }]);
  const [first] = await devices(ann);
  await page.reload();
  await choice.waitFor();
  await expect.poll(() => choice.isChecked()).toBe(true);
  await expect.poll(() => isSubscribed(page)).toBe(true);
  await expect.poll(async () => (await devices(ann)).map((one) => one.device_id)).toEqual([first?.device_id]);
  await choice.uncheck();
  await expect.poll(() => devices(ann)).toEqual([]);
  await expect.poll(() => isSubscribed(page)).toBe(false);
  await choice.check();
  await expect.poll(() => devices(ann)).toHaveLength(1);
  await chooseInAccount(page, "Sign out");
  await expect.poll(() => isSubscribed(page)).toBe(false);
});

test("a push is shown with a way to its message, replaced and closed", async () => {
  const hike = { conversation_id: 1, seq: 7, title: "Hike", badge: 1 };
  const shown = (body: string) => ({ title: "Hike", body, tag: "conversation-1", to: "#/c/1/m/7" });
  const other = { title: "Bob", body: "hi", tag: "conversation-2", to: "#/c/2/m/1" };
  const { push } = await serviceWorker();
  expect(
    await push([
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

test("a notification leads to its message, and what is typed into it is sent once, by its own account", async () => {
  const [ann, ben, id] = await site.direct("ann", "ben");
  const { push, click } = await serviceWorker();
  const subject = { user_id: ann.user.id, conversation_id: id };
  const pushed = { ...subject, kind: "message", seq: 7, title: "ben", text: "Where are you?", badge: 1 };
  await push([pushed]);
  const to = `/#/c/${id}/m/7`;
  expect(await click(`conversation-${id}`)).toEqual({ opened: [to], answers: [] });
  await push([pushed]);
  const answer = { ...subject, text: "On my way" };
  const answered = await click(`conversation-${id}`, { action: "answer", reply: "On my way" });
  expect(answered).toEqual({ opened: [to, to], answers: [answer] });

  const page = await site.open({ person: ann, hash: "#/settings" });
  await page.evaluate(
    async (all) => {
      const cache = await caches.open("parley-answers");
      for (const one of all) await cache.put(`/${crypto.randomUUID()}`, Response.json(one));
    },
    [answer, { ...answer, user_id: ben.user.id, text: "Not mine" }],
  );
  await page.reload();
  const said = async () => (await ann.history(id)).map(({ body }) => body);
  await expect.poll(said).toEqual([{ text: "On my way" }]);
  const left = () => page.evaluate(async () => (await (await caches.open("parley-answers")).keys()).length);
  await expect.poll(left).toBe(0);
  await expect.poll(said).toEqual([{ text: "On my way" }]);
});

test.each([
  ["nothing but other pages of the server", ["/docs/push", "/files/1/a.pdf"], ["/#/c/1/m/7"], []],
  [
    "the page behind another page",
    ["/docs", "/#/c/2", "/#/settings"],
    [],
    ["/#/c/2 #/c/1/m/7", "/#/c/2 has the focus", "/#/c/2 answers"],
  ],
])("a notification leads to a window of the page: %s", async (_, windows, opens, tells) => {
  const { push, click, told } = await serviceWorker(...windows);
  const pushed = {
    user_id: 1,
    conversation_id: 1,
    kind: "message",
    seq: 7,
    title: "ben",
    text: "hi",
    badge: 1,
  };
  await push([pushed]);
  expect((await click("conversation-1")).opened).toEqual(opens);
  await push([pushed]);
  await click("conversation-1", { action: "answer", reply: "On my way" });
  expect(told).toEqual(tells);
});
