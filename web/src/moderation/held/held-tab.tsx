import { useEffect, useRef, useState } from "preact/hooks";
import { st } from "../../i18n/staff.ts";
import { useAccount } from "../../state/context.ts";
import { go } from "../../state/router.ts";
import { More } from "../../ui/more.tsx";
import type { HeldMessage } from "../calls.ts";
import { useListKeys } from "../list-keys.ts";
import { useLivePages } from "../live.ts";
import { Nothing } from "../nothing.tsx";
import { placeText } from "../place.ts";
import { HeldDetail } from "./held-detail.tsx";
import { HeldRow } from "./held-row.tsx";

const STATES = ["waiting", "accepted", "refused"] as const;

interface Props {
  /** the message that is shown; 0: none */
  id: number;
  mayAct: boolean;
}

/** The messages that rules have found, and one of them beside the list; in its place on a narrow screen. */
export function HeldTab({ id, mayAct }: Props) {
  const [state, setState] = useState<(typeof STATES)[number]>("waiting");
  const { chat } = useAccount();
  const list = useRef<HTMLUListElement>(null);
  const pages = useLivePages(
    (query) => chat.api.call("get", "/v1/moderation/held", { query: { ...query, state } }),
    state,
  );
  // To load the list again after each decision would be a row of the audit log for each.
  const [decided, setDecided] = useState<readonly number[]>([]);
  const items = pages.items?.filter((one) => state !== "waiting" || !decided.includes(one.id));
  const shown = useLast(id, items);
  const isListed = !items || items.some((one) => one.id === id) || (pages.hasMore && isBehind(id, items));
  const show = (to: number) =>
    go({ view: "admin", place: placeText({ tab: "held", id: to }) }, { replace: id > 0 && to > 0 });
  const move = (by: 1 | -1) => {
    const next = neighbour(items ?? [], id, by);
    if (next) show(next.id);
    return next !== undefined;
  };
  useListKeys(list, move, id > 0 && { tab: "held", id: 0 });
  const { hasMore, more } = pages;
  const isUsedUp = items?.length === 0 && hasMore;
  useEffect(() => {
    if (isUsedUp) more();
  }, [isUsedUp]);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [id]);
  const choose = (one: typeof state) => {
    setState(one);
    if (id > 0) show(0);
  };
  const settle = (done: HeldMessage) => {
    const next = neighbour(items ?? [], id, 1) ?? neighbour(items ?? [], id, -1);
    setDecided((before) => [...before, done.id]);
    show(next?.id ?? 0);
  };
  return (
    <div class="admin-columns" data-open={id > 0}>
      <div class="admin-list">
        <fieldset class="admin-filter">
          <legend class="visually-hidden">{st("held.state")}</legend>
          {STATES.map((one) => (
            <label key={one}>
              <input type="radio" name="state" checked={state === one} onChange={() => choose(one)} />
              {st(`held.state.${one}`)}
            </label>
          ))}
        </fieldset>
        <ul ref={list} aria-label={st("tab.held")}>
          {items?.map((held) => (
            <HeldRow key={held.id} held={held} isCurrent={held.id === id} />
          ))}
        </ul>
        {!isUsedUp && <More pages={{ ...pages, items }} icon="check" empty={st(`held.none.${state}`)} />}
      </div>
      <div class="admin-detail">
        {shown ? (
          <HeldDetail
            key={shown.id}
            held={shown}
            isListed={isListed}
            {...{ mayAct, move }}
            onDecided={settle}
            onConflict={pages.reload}
          />
        ) : (
          items && (
            <Nothing
              icon="message"
              text={id > 0 ? st("held.gone") : items.length > 0 ? st("held.choose") : ""}
            />
          )
        )}
      </div>
    </div>
  );
}

/** The message of an id: as the list has it, else as it was there before. */
function useLast(id: number, items: readonly HeldMessage[] | undefined): HeldMessage | undefined {
  const last = useRef<HeldMessage | undefined>(undefined);
  const found = items?.find((one) => one.id === id);
  if (found) last.current = found;
  return last.current?.id === id ? last.current : undefined;
}

/** Whether an id is behind those of the list, which begins with the newest. */
function isBehind(id: number, items: readonly HeldMessage[]): boolean {
  return id < (items.at(-1)?.id ?? 0);
}

/** The message behind another one, or before it; of one that is gone, by the order of the list. */
function neighbour(items: readonly HeldMessage[], id: number, by: 1 | -1): HeldMessage | undefined {
  if (id === 0) return items[0];
  // The newest is the first.
  return by > 0 ? items.find((one) => one.id < id) : items.findLast((one) => one.id > id);
}
