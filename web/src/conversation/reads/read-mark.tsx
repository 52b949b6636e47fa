import { useId, useRef, useState } from "preact/hooks";
import { moment } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { lazy } from "../../ui/lazy.tsx";
import { place } from "../../ui/place.ts";
import type { Receipt } from "./use-receipts.ts";

const Readers = lazy(async () => (await import("./readers.tsx")).Readers);

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
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  // Until it is known, the place of the mark is kept: what the user points at does not move when it comes.
  if (others.length === 0) return receipts.size > 0 ? null : <li class="read-mark" aria-hidden="true" />;
  const [last] = readers;
  if (kind === "direct")
    return (
      <li class="read-mark">
        <span title={last && last.at > 0 ? moment(last.at) : undefined}>
          {t(last ? "reads.read" : "reads.sent")}
        </span>
      </li>
    );
  const move = () => {
    if (popover.current && button.current) place(popover.current, button.current.getBoundingClientRect());
  };
  return (
    <li class="read-mark">
      <button ref={button} type="button" popovertarget={id} aria-haspopup="dialog" aria-expanded={isOpen}>
        {last ? t("reads.readBy", { n: readers.length, of: others.length }) : t("reads.sent")}
      </button>
      <div
        ref={popover}
        id={id}
        class="menu readers"
        popover="auto"
        role="dialog"
        aria-label={t("reads.title")}
        onToggle={({ newState }) => {
          setOpen(newState === "open");
          if (newState === "open") move();
        }}
      >
        {isOpen && (
          <Readers
            readers={readers}
            others={others.filter((one) => one.seq < seq).map(({ user }) => user)}
            onShown={move}
          />
        )}
      </div>
    </li>
  );
}
