import { type Signal, signal } from "@preact/signals";
import { t } from "../../i18n/i18n.ts";
import { fileSize } from "../../i18n/units.ts";
import { fileName } from "../../lib/file-name.ts";
import type { Account } from "../../state/account.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { toast } from "../../ui/toasts.tsx";
import { type Attachment, type FileMessage, kindOf, MAX_SIZE } from "./attachment.ts";

/** The files that are going to be sent from a field. */
export interface Attachments {
  readonly items: readonly Attachment[];
  /** pictures are made smaller */
  readonly isBusy: boolean;
  /** whether pictures go as they are */
  readonly isFullSize: boolean;
  add(files: readonly File[]): void;
  remove(id: number): void;
  describe(id: number, caption: string): void;
  setFullSize(isFullSize: boolean): void;
  /**
   * Takes all of them, in their order; none, if what makes messages of them could not be loaded. While they
   * are being taken, another call takes none.
   * @param caption of the last one; empty: each has its own
   */
  take(caption: string): Promise<FileMessage[]>;
}

/** What a field has of files. */
interface Held {
  readonly items: Signal<readonly Attachment[]>;
  readonly isBusy: Signal<boolean>;
  readonly isFullSize: Signal<boolean>;
}

let count = 0;
/** What each field of an account has: the user comes back to it, as from another conversation. */
const held = new WeakMap<Account, Map<string, Held>>();

function heldBy(account: Account, field: string): Held {
  const fields = held.get(account) ?? new Map<string, Held>();
  held.set(account, fields);
  const known = fields.get(field) ?? { items: signal([]), isBusy: signal(false), isFullSize: signal(false) };
  fields.set(field, known);
  return known;
}

/** The same, of the user of the page. */
export function useAttachments(id: number, thread: number): Attachments {
  return attachmentsOf(useAccount(), id, thread);
}

/**
 * Holds the files that the user has chosen, until they are sent or the page goes.
 * @param thread the root of the thread whose field it is; 0: that of the conversation
 */
export function attachmentsOf(account: Account, id: number, thread: number): Attachments {
  const { items, isBusy, isFullSize } = heldBy(account, `${id} ${thread}`);
  const change = (id: number, fields: Partial<Attachment>) => {
    items.value = items.value.map((one) => (one.id === id ? { ...one, ...fields } : one));
  };
  const add = (files: readonly File[]) => {
    for (const file of files) {
      const name = file.name;
      if (file.size > MAX_SIZE) toast(t("attach.tooLarge", { name, size: fileSize(MAX_SIZE) }));
      else if (file.size === 0) toast(t("attach.empty", { name }));
      else {
        const sent = new File([file], fileName(name), { type: file.type });
        const added = { id: ++count, file: sent, kind: kindOf(file), caption: "", media: undefined };
        items.value = [...items.value, added];
        void read(added);
      }
    }
  };
  const read = async ({ id, file, kind }: Attachment) => {
    const media = await import("./media.ts").catch(() => undefined);
    // The sending measures what is not measured yet.
    if (media) change(id, await media.measure(file, kind));
  };
  return {
    ...{ items: items.value, isBusy: isBusy.value, isFullSize: isFullSize.value, add },
    remove: (id) => {
      items.value = items.value.filter((one) => one.id !== id);
    },
    describe: (id, caption) => change(id, { caption }),
    setFullSize: (now) => {
      isFullSize.value = now;
    },
    take: async (caption) => {
      if (isBusy.value) return [];
      isBusy.value = true;
      try {
        const { fileMessage } = await import("./media.ts");
        const all = items.value;
        const made = await Promise.all(
          all.map((one) => {
            const isLast = one === all.at(-1);
            return fileMessage(
              { ...one, caption: caption ? (isLast ? caption : "") : one.caption },
              { isFullSize: isFullSize.value },
            );
          }),
        );
        // An attachment that was read meanwhile is another object with the same id.
        items.value = items.value.filter(({ id }) => !all.some((taken) => taken.id === id));
        return made;
      } catch (error) {
        toast(reason(error));
        return [];
      } finally {
        isBusy.value = false;
      }
    },
  };
}
