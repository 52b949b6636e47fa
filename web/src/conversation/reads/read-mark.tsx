import { useState } from "preact/hooks";
import { moment } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { lazy } from "../../ui/lazy.tsx";
import type { Receipt } from "./use-receipts.ts";

const Readers = lazy(async () => (await import("./readers.tsx")).Readers);

interface Props {
  /** the user's own newest message */
  seq: number;
  kind: "direct" | "group";
  /** up to where each member has read */
  receipts: ReadonlyMap<number, Receipt>;
}

/** Who has read the user's newest message: stands below it. */
export function ReadMark({ seq, kind, receipts }: Props) {
  const { me } = useAccount();
  const [button, setButton] = useState<HTMLElement | null>(null);
  const others = [...receipts].filter(([user]) => user !== me).map(([user, one]) => ({ user, ...one }));
  const readers = others.filter((one) => one.seq >= seq).sort((a, b) => b.at - a.at);
  if (others.length === 0) return null;
  const [last] = readers;
  if (kind === "direct")
    return (
      <li class="read-mark">
        <span title={last && last.at > 0 ? moment(last.at) : undefined}>
          {t(last ? "reads.read" : "reads.sent")}
        </span>
      </li>
    );
  return (
    <li class="read-mark">
      <button
        type="button"
        aria-haspopup="dialog"
        aria-expanded={button !== null}
        onClick={({ currentTarget }) => setButton(button ? null : currentTarget)}
      >
        {readers.length > 0 ? t("reads.readBy", { n: readers.length, of: others.length }) : t("reads.sent")}
      </button>
      {button && (
        <Readers
          button={button}
          readers={readers}
          others={others.filter((one) => one.seq < seq).map(({ user }) => user)}
          onClose={() => setButton(null)}
        />
      )}
    </li>
  );
}
