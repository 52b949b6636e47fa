import { moment } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { lazy } from "../../ui/lazy.tsx";
import type { Receipt } from "./receipts.ts";

const ReadBy = lazy(async () => (await import("./read-by.tsx")).ReadBy, { isHint: true });

interface Props {
  /** the user's own newest message */
  seq: number;
  kind: "direct" | "group";
  /** up to where each member has read; empty until it is known */
  receipts: ReadonlyMap<number, Receipt>;
}

/** Who has read the user's newest message: stands below it. */
export function ReadMark({ seq, kind, receipts }: Props) {
  const { me } = useAccount();
  const others = [...receipts].filter(([user]) => user !== me).map(([user, one]) => ({ user, ...one }));
  const readers = others.filter((one) => one.seq >= seq).sort((a, b) => b.at - a.at);
  // Until it is known, the place of the mark is kept: what the user points at does not move when it comes.
  if (others.length === 0) return receipts.size > 0 ? null : <li class="read-mark" aria-hidden="true" />;
  const [last] = readers;
  return (
    <li class="read-mark">
      {kind === "direct" ? (
        <span title={last && last.at > 0 ? moment(last.at) : undefined}>
          {t(last ? "reads.read" : "reads.sent")}
        </span>
      ) : (
        <ReadBy readers={readers} others={others.filter((one) => one.seq < seq).map(({ user }) => user)} />
      )}
    </li>
  );
}
