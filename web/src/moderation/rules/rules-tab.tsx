import { Problem } from "parley-client";
import { type StateUpdater, useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { st } from "../../i18n/staff.ts";
import { useAccount } from "../../state/context.ts";
import { go } from "../../state/router.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Icon } from "../../ui/icon.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { toast } from "../../ui/toasts.tsx";
import { StaffActions } from "../actions.tsx";
import { replaceRules } from "../calls.ts";
import { staffHref } from "../links.tsx";
import { focusNext, useListKeys } from "../list-keys.ts";
import { Nothing } from "../nothing.tsx";
import { placeText } from "../place.ts";
import {
  draftOf,
  flawsOf,
  isChanged,
  NO_FLAWS,
  newRule,
  type RuleDraft,
  type RulesDraft,
  rulesOf,
} from "./draft.ts";
import { RuleEditor } from "./rule-editor.tsx";
import { RuleList } from "./rule-list.tsx";
import { Trial, useTrial } from "./trial.tsx";

interface Props {
  /** the key of the rule that is shown; 0: none */
  id: number;
  mayAct: boolean;
  /** what is written here: it stays when another tab is shown. undefined: it is not loaded yet */
  draft: RulesDraft | undefined;
  onDraft: (next: StateUpdater<RulesDraft | undefined>) => void;
}

function show(key: number): void {
  go({ view: "admin", place: placeText({ tab: "rules", id: key }) });
}

/** The rules that messages are checked against, one of them to edit, and a text to try them out. */
export function RulesTab({ id, mayAct, draft, onDraft }: Props) {
  const { chat } = useAccount();
  const { value, problem } = useLoaded("rules", () => chat.api.call("get", "/v1/moderation/rules"));
  useEffect(() => {
    if (!value) return;
    onDraft((now) => {
      if (!now || !isChanged(now)) return draftOf(value);
      return { ...now, version: value.version, isBehind: now.version !== value.version };
    });
  }, [value, onDraft]);
  if (!draft)
    return problem ? <p class="problem">{problem}</p> : <p class="status">{t("conversation.loading")}</p>;
  return <Rules id={id} mayAct={mayAct} draft={draft} onDraft={onDraft} />;
}

function Rules({ id, mayAct, draft, onDraft }: Props & { draft: RulesDraft }) {
  const { rules, flaws } = draft;
  const [text, setText] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const tried = useTrial(text, rules);
  useListKeys(list, (by) => focusNext(list.current, by), id > 0 && { tab: "rules", id: 0 });
  const rule = rules.find(({ key }) => key === id);
  const set = (changed: readonly RuleDraft[], key: number) =>
    onDraft((now) => {
      if (!now) return now;
      const others = new Map(now.flaws.rules);
      others.delete(key);
      return { ...now, rules: changed, flaws: { general: "", rules: others } };
    });
  const add = () => {
    const made = newRule(rules);
    set([...rules, made], made.key);
    show(made.key);
  };
  const remove = (key: number) => {
    set(
      rules.filter((one) => one.key !== key),
      key,
    );
    show(0);
  };
  return (
    <div class="admin-columns" data-open={rule !== undefined}>
      <div class="admin-list">
        {isChanged(draft) && <Save draft={draft} onDraft={onDraft} />}
        <Trial text={text} tried={tried} onInput={setText} />
        {mayAct && <StaffActions actions={[{ key: "n", label: st("rules.new"), run: add }]} />}
        <RuleList {...{ list, rules, flaws, current: id }} matching={tried?.verdict?.rules ?? []} />
        {rules.length === 0 && <p class="blank">{st("rules.none")}</p>}
      </div>
      <div class="admin-detail">
        {rule ? (
          <>
            <a class="admin-back" href={staffHref({ tab: "rules", id: 0 })}>
              <Icon name="back" />
              {st("rules.back")}
            </a>
            <article class="admin-report" aria-label={rule.id}>
              <RuleEditor
                key={rule.key}
                {...{ rule, flaws, mayAct }}
                onChange={(changed) =>
                  set(
                    rules.map((one) => (one.key === rule.key ? changed : one)),
                    rule.key,
                  )
                }
              />
              {mayAct && (
                <StaffActions
                  actions={[{ key: "x", label: st("rules.remove"), run: () => remove(rule.key) }]}
                />
              )}
            </article>
          </>
        ) : (
          rules.length > 0 && <Nothing icon="check" text={st("rules.choose")} />
        )}
      </div>
    </div>
  );
}

/** Saved rules hold everywhere after this time at the latest, in ms. It is said for as long. */
const UNTIL_THEY_HOLD = 60_000;

/** Saves the rules, or drops what was changed. What the server objects to goes to the rules. */
function Save({ draft, onDraft }: { draft: RulesDraft; onDraft: Props["onDraft"] }) {
  const { chat } = useAccount();
  const [why, setWhy] = useState("");
  const load = () => chat.api.call("get", "/v1/moderation/rules");
  const drop = useAction(async () => onDraft(draftOf(await load())));
  const save = useAction(async (version: number) => {
    const items = rulesOf(draft.rules);
    try {
      const saved = await replaceRules(chat.api, { items, version }, why.trim());
      // Who goes on to write meanwhile goes on from what is saved.
      onDraft(
        (now) =>
          now && { ...now, base: saved.items, version: saved.version, flaws: NO_FLAWS, isBehind: false },
      );
    } catch (error) {
      if (error instanceof Problem && error.code === "conflict") return behind(items);
      const flaws = flawsOf(error, draft.rules);
      if (!flaws) throw error;
      onDraft((now) => now && { ...now, flaws });
      const [first] = flaws.rules.keys();
      if (first) show(first);
      return;
    }
    toast(st("done.rules"), undefined, UNTIL_THEY_HOLD);
  });
  /** The version that was read is not the newest, unless the answer to an earlier try was lost. */
  const behind = async (items: ReturnType<typeof rulesOf>) => {
    const there = await load();
    const isOurs = JSON.stringify(there.items) === JSON.stringify(items);
    onDraft(
      (now) =>
        now && { ...now, ...(isOurs ? { base: there.items } : { isBehind: true }), version: there.version },
    );
    if (isOurs) toast(st("done.rules"), undefined, UNTIL_THEY_HOLD);
  };
  const { isBehind, version, flaws } = draft;
  return (
    <form
      class="admin-save"
      aria-label={st("rules.unsaved")}
      onSubmit={(event) => {
        event.preventDefault();
        void save.run(version);
      }}
    >
      <strong>{st("rules.unsaved")}</strong>
      <label class="field">
        {st("field.reason")}
        <input value={why} maxLength={1_000} onInput={({ currentTarget: { value } }) => setWhy(value)} />
      </label>
      <ProblemText
        text={save.problem || drop.problem || flaws.general || (isBehind ? st("rules.behind") : "")}
      />
      <div class="actions">
        <button class="primary" type="submit" disabled={save.isBusy}>
          {st(isBehind ? "rules.replace" : "rules.save")}
        </button>
        <button class="secondary" type="button" disabled={drop.isBusy} onClick={() => void drop.run()}>
          {st(isBehind ? "rules.takeTheirs" : "rules.discard")}
        </button>
      </div>
    </form>
  );
}
