import { useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { reason } from "../state/problem.ts";
import { href } from "../state/router.ts";
import { ProblemText } from "../ui/problem-text.tsx";
import { toast } from "../ui/toasts.tsx";
import { Choice } from "./choice.tsx";
import { type Me, useMe } from "./use-me.ts";

/** Whom the user lets do something without being asked first. */
const ADMITTED = ["everybody", "contacts", "friends", "nobody"] as const satisfies Me["who_may_write"][];
const CONSENTS = [
  { name: "who_may_write", title: "profile.whoMayWrite" },
  { name: "who_may_add", title: "profile.whoMayAdd" },
] as const;
const POLICIES = ["allow", "approve", "deny"] as const satisfies Me["friend_policy"][];

type Decisions = Pick<Me, "friend_policy" | "who_may_write" | "who_may_add">;

/** Who may write to the user, add them to groups, and become their friend. */
export function Privacy() {
  const { value, problem } = useMe();
  if (problem) return <ProblemText text={problem} />;
  return value ? <Decide me={value} /> : null;
}

/** Each decision is stored when it is made. */
function Decide({ me }: { me: Me }) {
  const { chat } = useAccount();
  const [decided, setDecided] = useState<Partial<Decisions>>({});
  const [failed, setFailed] = useState<{ name: keyof Decisions; problem: string }>();
  /** what was stored here */
  const stored = useRef<Partial<Decisions>>({});
  // One after the other: two answers of the user to one question keep their order.
  const last = useRef(Promise.resolve());
  const decide = <Name extends keyof Decisions>(name: Name, value: Decisions[Name]) => {
    setDecided((before) => ({ ...before, [name]: value }));
    setFailed(undefined);
    last.current = last.current
      .then(() => chat.api.call("patch", "/v1/me", { body: { [name]: value } }))
      .then(
        () => {
          stored.current = { ...stored.current, [name]: value };
          setFailed((before) => (before?.name === name ? undefined : before));
          toast(t("profile.saved"));
        },
        (error) => {
          // What was decided meanwhile stays, until its own answer.
          setDecided((before) =>
            before[name] === value ? { ...before, [name]: stored.current[name] } : before,
          );
          setFailed({ name, problem: reason(error) });
        },
      );
  };
  const problemOf = (name: keyof Decisions) => (failed?.name === name ? failed.problem : undefined);
  return (
    <>
      {CONSENTS.map(({ name, title }) => (
        <Choice
          key={name}
          title={t(title)}
          options={ADMITTED.map((value) => ({ value, label: t(`profile.whoMay.${value}`) }))}
          value={decided[name] ?? me[name]}
          onChoose={(value) => decide(name, value)}
          hint={t("profile.whoMayHint")}
          problem={problemOf(name)}
        />
      ))}
      <Choice
        title={t("profile.friendPolicy")}
        options={POLICIES.map((value) => ({ value, label: t(`profile.friendPolicy.${value}`) }))}
        value={decided.friend_policy ?? me.friend_policy}
        onChoose={(value) => decide("friend_policy", value)}
        problem={problemOf("friend_policy")}
      />
      <div class="card">
        <h4>{t("people.blocked")}</h4>
        <p>{t("settings.blocked")}</p>
        <a class="secondary" href={href({ view: "people" })}>
          {t("settings.toPeople")}
        </a>
      </div>
    </>
  );
}
