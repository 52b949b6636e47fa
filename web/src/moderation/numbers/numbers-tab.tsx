import { useEffect, useState } from "preact/hooks";
import { when } from "../../i18n/format.ts";
import { localeTag } from "../../i18n/i18n.ts";
import { st } from "../../i18n/staff.ts";
import { fileSize } from "../../i18n/units.ts";
import { useAccount } from "../../state/context.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { ProblemText } from "../../ui/problem-text.tsx";
import { UserLink } from "../links.tsx";
import { Bars } from "./bars.tsx";
import { Durations } from "./durations.tsx";
import { byLabel, type Metrics, withPoll } from "./metrics.ts";
import { LabelName } from "./names.tsx";
import { Tiles } from "./tiles.tsx";

/** The page asks so often, in ms, while it is visible. */
const EACH = 10_000;

/** What happens on the server, and how full it is; asked again while the page is visible. */
export function NumbersTab() {
  const { chat } = useAccount();
  const [polls, setPolls] = useState<readonly Metrics[]>([]);
  const { problem, reload } = useLoaded("numbers", async () => {
    const poll = await chat.api.call("get", "/v1/moderation/metrics");
    setPolls((before) => withPoll(before, poll));
  });
  useEffect(() => {
    const look = () => document.visibilityState === "visible" && reload();
    const timer = setInterval(look, EACH);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [reload]);
  const newest = polls.at(-1);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and may have no other focus
    <section class="admin-numbers" aria-label={st("tab.numbers")} tabIndex={0}>
      <ProblemText text={problem} />
      {newest && (
        <>
          <p class="status">{sourceOf(newest)}</p>
          <Tiles polls={polls} seconds={EACH / 1000} />
          <div class="numbers-charts">
            {newest.events.kept_by === "isolate" && (
              <>
                <Durations metrics={newest} />
                <CounterBars metrics={newest} name="sends" label="surface" />
                <CounterBars metrics={newest} name="refusals" label="code" />
              </>
            )}
            <Objects metrics={newest} />
          </div>
        </>
      )}
    </section>
  );
}

/** Of what the numbers of events are. */
function sourceOf({ events: { kept_by: keeper, since } }: Metrics): string {
  if (keeper === "analytics_engine") return st("numbers.elsewhere");
  return since === null ? st("numbers.nothing") : st("numbers.since", { time: when(since) });
}

/** The sums of a counter by a label. */
function CounterBars(props: { metrics: Metrics; name: "sends" | "refusals"; label: "surface" | "code" }) {
  const { metrics, name, label } = props;
  const bars = byLabel(metrics, name, label).map(([value, sum]) => ({
    ...{ key: value, name: <LabelName {...{ label, value }} />, value: sum },
    text: sum.toLocaleString(localeTag()),
  }));
  return (
    <Bars
      title={st(`numbers.${name}By`)}
      columns={[st(`numbers.${label}`), st("numbers.count")]}
      bars={bars}
      none={st("numbers.none")}
    />
  );
}

/** The largest objects with their sizes. */
function Objects({ metrics }: { metrics: Metrics }) {
  const bars = metrics.objects.map(({ kind, id, bytes }) => ({
    key: `${kind} ${id}`,
    name: kind === "inbox" ? <UserLink id={id} /> : st("report.about.conversation", { n: `${id}` }),
    value: bytes,
    text: fileSize(bytes),
  }));
  return (
    <Bars
      title={st("numbers.objects")}
      columns={[st("numbers.object"), st("numbers.size")]}
      bars={bars}
      none={st("numbers.noObjects")}
    />
  );
}
