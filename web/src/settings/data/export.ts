import { computed, effect, signal } from "@preact/signals";
import { type Chat, Problem } from "parley-client";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { reason } from "../../state/problem.ts";
import { session } from "../../state/session.ts";

/** The state of the export of the user's data, which continues while they look at another view. */
export type Exporting =
  | { readonly phase: "none" }
  | { readonly phase: "running"; readonly bytes: number }
  | { readonly phase: "saved"; readonly bytes: number; readonly name: string }
  | { readonly phase: "failed"; readonly problem: string };

const NONE: Exporting = { phase: "none" };
/** The least time between two updates of the byte count on screen, in ms. */
const COUNT_EVERY = 200;

export const exporting = signal<Exporting>(NONE);
let ending: AbortController | undefined;

// An export ends with the account that it is of. Another session of the same user changes nothing.
const userId = computed(() => session.value?.userId);
effect(() => {
  void userId.value;
  cancelExport();
});

/** Ends the export that is under way, and forgets how the last one went. */
export function cancelExport(): void {
  ending?.abort();
  ending = undefined;
  exporting.value = NONE;
}

/** Loads everything of the user, and has the browser save it. Does nothing while that is under way. */
export async function exportData(chat: Chat): Promise<void> {
  if (ending) return;
  const begun = new AbortController();
  const { signal: end } = begun;
  ending = begun;
  const show = (now: Exporting) => {
    if (ending === begun) exporting.value = now;
  };
  show({ phase: "running", bytes: 0 });
  // Leaving the page ends the export: the browser asks the user first.
  addEventListener("beforeunload", (event) => event.preventDefault(), { signal: end });
  try {
    const file = await load(chat, end, (bytes) => show({ phase: "running", bytes }));
    if (end.aborted) return;
    save(file);
    show({ phase: "saved", bytes: file.size, name: file.name });
  } catch (error) {
    show({ phase: "failed", problem: explain(error) });
  }
  if (ending === begun) ending = undefined;
  begun.abort();
}

/** Asks for the export. @throws Problem it was refused, or has not come as a whole */
async function load({ api }: Chat, signal: AbortSignal, onCount: (bytes: number) => void): Promise<File> {
  const { promise, resolve } = Promise.withResolvers<File>();
  await api.request("get", "/v1/me/export", {
    signal,
    retry: false,
    send: async (url, init) => {
      // Its signal has a time limit: an export takes as long as the user's history is.
      const answer = await fetch(url, { ...init, signal });
      if (!answer.ok) return answer;
      const blob = await received(answer, onCount);
      resolve(new File([blob], nameIn(answer.headers.get("Content-Disposition")), { type: blob.type }));
      return new Response();
    },
  });
  return promise;
}

/** The bytes of an answer. @param onCount told how many have come by now */
async function received(answer: Response, onCount: (bytes: number) => void): Promise<Blob> {
  let [bytes, counted] = [0, 0];
  const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(part, controller) {
      bytes += part.byteLength;
      if (Date.now() - counted > COUNT_EVERY) {
        counted = Date.now();
        onCount(bytes);
      }
      controller.enqueue(part);
    },
  });
  const headers = { "Content-Type": answer.headers.get("Content-Type") ?? "" };
  return new Response(answer.body?.pipeThrough(count), { headers }).blob();
}

function nameIn(disposition: string | null): string {
  return /filename="([^"]+)"/.exec(disposition ?? "")?.[1] ?? "parley-export.zip";
}

function save(file: File): void {
  const url = URL.createObjectURL(file);
  const link = Object.assign(document.createElement("a"), { href: url, download: file.name });
  link.click();
  // The browser begins the download in a later turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function explain(error: unknown): string {
  const { code, retryAfter } = error instanceof Problem ? error : {};
  if (code !== "rate_limited" || !retryAfter) return reason(error);
  return t("data.tooOften", { at: when(Date.now() + retryAfter * 1_000) });
}
