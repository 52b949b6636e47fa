import { session } from "../../state/session.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import { lazy } from "../../ui/lazy.tsx";

/** The cache in which it waits, and under what: web/worker/service-worker.ts puts it there. */
const SHARED = "parley-shared";
const SHARED_AT = "/share";
/** Under what stands the id of the user who was asked about it: it is nothing for the next one. */
const ASKED = "/share/asked";

const ShareDialog = lazy(async () => (await import("./share-dialog.tsx")).ShareDialog);

/** What another app says of what it shares: often the address is in the text, too. */
const FIELDS = ["title", "text", "url"];

/** Asks a user where goes what another app has shared. It waits for who signs in, and for an answer. */
export async function offerShared(me: number): Promise<void> {
  // To open it would make it. Pages over plain http have none.
  if (!("caches" in window) || !(await caches.has(SHARED))) return;
  const cache = await caches.open(SHARED);
  const asked = await (await cache.match(ASKED))?.text();
  if (asked !== undefined && asked !== `${me}`) return void (await caches.delete(SHARED));
  await cache.put(ASKED, new Response(`${me}`));
  const form = await (await cache.match(SHARED_AT))?.formData().catch(() => undefined);
  // The user may have signed out meanwhile.
  if (!form || session.peek()?.userId !== me) return;
  const said = FIELDS.map((name) => String(form.get(name) ?? "")).filter((one) => one.trim() !== "");
  const isAgain = (one: string, i: number) =>
    said.some((other, k) => k !== i && other.includes(one) && (other !== one || k < i));
  const text = said.filter((one, i) => !isAgain(one, i)).join("\n");
  const files = form.getAll("files").filter((one) => one instanceof File);
  showDialog((close) => (
    <ShareDialog
      text={text}
      files={files}
      onClose={() => {
        close();
        void caches.delete(SHARED);
      }}
    />
  ));
}
