import type { RefObject } from "preact";
import { listed } from "../../i18n/format.ts";
import { st } from "../../i18n/staff.ts";
import { staffHref } from "../links.tsx";
import { exceptionsOf, type Flaws, matchesOf, type RuleDraft } from "./draft.ts";

/** A row names so many words; the others are counted. */
const SHOWN = 5;

interface Props {
  list: RefObject<HTMLUListElement | null>;
  rules: readonly RuleDraft[];
  flaws: Flaws;
  /** the key of the rule that is shown */
  current: number;
  /** the ids of the rules that match the text which is tried out */
  matching: readonly string[];
}

/** The rules with what each matches and does. */
export function RuleList({ list, rules, flaws, current, matching }: Props) {
  return (
    <ul ref={list} aria-label={st("tab.rules")}>
      {rules.map((rule) => (
        <li key={rule.key}>
          <a
            class="admin-row"
            href={staffHref({ tab: "rules", id: rule.key })}
            aria-current={rule.key === current ? "true" : undefined}
          >
            <strong>
              <bdi>{rule.id}</bdi>
            </strong>
            <span class="admin-row-end">
              {flaws.rules.has(rule.key) && (
                <span class="admin-label" data-danger>
                  {st("rules.flaw")}
                </span>
              )}
              {matching.includes(rule.id) && (
                <span class="admin-label" data-chosen>
                  {st("rules.matches")}
                </span>
              )}
            </span>
            <span class="admin-row-text">
              <span class="admin-label">{st(`rules.action.${rule.action}`)}</span>
              <span dir="auto">{summary(rule)}</span>
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function summary(rule: RuleDraft): string {
  const all = matchesOf(rule);
  const more = all.length - SHOWN;
  const words = [...all.slice(0, SHOWN), ...(more > 0 ? [st("rules.more", { n: more })] : [])];
  const except = exceptionsOf(rule).length;
  const what = all.length > 0 ? listed(words) : st("rules.nothing");
  return except > 0 ? st("rules.exceptIn", { what, n: except }) : what;
}
