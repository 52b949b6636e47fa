import type { ComponentChildren } from "preact";
import { localeTag } from "../../i18n/i18n.ts";
import { type StaffKey, st } from "../../i18n/staff.ts";
import { fileSize } from "../../i18n/units.ts";
import { growth, type Metrics, total } from "./metrics.ts";
import { Sparkline } from "./sparkline.tsx";

/** A sum of events. */
interface Sum {
  name: StaffKey;
  read: (poll: Metrics) => number;
  /** any but zero asks for a look */
  isTrouble?: boolean;
}

const SUMS: readonly Sum[] = [
  { name: "numbers.sends", read: (poll) => total(poll, "sends") },
  { name: "numbers.deliveries", read: (poll) => total(poll, "deliveries") },
  { name: "numbers.refusals", read: (poll) => total(poll, "refusals") },
  { name: "numbers.sockets", read: (poll) => total(poll, "sockets_opened") },
  { name: "numbers.jobsFailed", read: (poll) => total(poll, "jobs_failed"), isTrouble: true },
  { name: "numbers.jobsLate", read: (poll) => total(poll, "jobs_late"), isTrouble: true },
  { name: "numbers.inboxes", read: (poll) => total(poll, "inbox_failures"), isTrouble: true },
  {
    name: "numbers.hooks",
    read: (poll) => total(poll, "hook_calls", ({ result }) => result !== "taken"),
    isTrouble: true,
  },
];

/** The key numbers, each with how it grew. @param seconds between two polls */
export function Tiles({ polls, seconds }: { polls: readonly Metrics[]; seconds: number }) {
  const newest = polls.at(-1);
  if (!newest) return null;
  const { database_bytes: bytes, hooks, events } = newest;
  const stopped = (hooks.disabled ?? 0) + (hooks.gone ?? 0);
  return (
    <dl class="numbers-tiles">
      {events.kept_by === "isolate" &&
        SUMS.map(({ name, read, isTrouble = false }) => {
          const value = read(newest);
          const grown = growth(polls, read);
          const [last = 0, most] = [grown.at(-1), Math.max(0, ...grown)];
          const trend =
            grown.length > 0 ? st("numbers.trend", { last, most, seconds }) : st("numbers.noTrend");
          return (
            <Tile key={name} name={st(name)} value={counted(value)} isTrouble={isTrouble && value > 0}>
              <Sparkline values={grown} label={trend} />
              <small>{grown.length > 0 ? st("numbers.last", { last, seconds }) : " "}</small>
            </Tile>
          );
        })}
      <Tile name={st("numbers.stopped")} value={counted(stopped)} isTrouble={stopped > 0} />
      <Tile name={st("numbers.database")} value={fileSize(bytes)} />
    </dl>
  );
}

interface TileProps {
  name: string;
  value: string;
  isTrouble?: boolean;
  children?: ComponentChildren;
}

function Tile({ name, value, isTrouble = false, children }: TileProps) {
  return (
    <div data-trouble={isTrouble}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {children}
      </dd>
    </div>
  );
}

function counted(count: number): string {
  return count.toLocaleString(localeTag());
}
