import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { type StaffKey, st } from "../../i18n/staff.ts";
import { ACTIONS, type Flaws, KINDS, type RuleDraft } from "./draft.ts";

interface Props {
  rule: RuleDraft;
  flaws: Flaws;
  mayAct: boolean;
  onChange: (rule: RuleDraft) => void;
}

/** The fields of a rule. What the server objects to stands at the field. */
export function RuleEditor({ rule, flaws, mayAct, onChange }: Props) {
  const found = flaws.rules.get(rule.key) ?? {};
  const set = (change: Partial<RuleDraft>) => onChange({ ...rule, ...change });
  const { kind } = rule;
  return (
    <fieldset class="form admin-rule" disabled={!mayAct}>
      <legend class="visually-hidden">{rule.id}</legend>
      <Field name="rules.id" hint="rules.idHint" flaw={found.id}>
        {(described) => (
          <input
            {...described}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            value={rule.id}
            onInput={({ currentTarget: { value: id } }) => set({ id })}
          />
        )}
      </Field>
      <fieldset>
        <legend>{st("rules.kind")}</legend>
        <div class="admin-filter">
          {KINDS.map((one) => (
            <label key={one}>
              <input type="radio" name="kind" checked={kind === one} onChange={() => set({ kind: one })} />
              {st(`rules.kind.${one}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <Field name={`rules.kind.${kind}`} hint={`rules.hint.${kind}`} flaw={found.match}>
        {(described) => (
          <textarea
            {...described}
            dir="auto"
            spellcheck={false}
            value={rule.text}
            onInput={({ currentTarget: { value: text } }) =>
              // A pattern has one line: a break in it would be a part of it.
              set({ text: kind === "pattern" ? text.replace(/\n/g, "") : text })
            }
          />
        )}
      </Field>
      <fieldset>
        <legend>{st("rules.action")}</legend>
        {ACTIONS.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="action"
              checked={rule.action === one}
              onChange={() => set({ action: one })}
            />
            <span>
              {st(`rules.action.${one}`)} <small>{st(`rules.does.${one}`)}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <Field name="rules.except" hint="rules.exceptHint" flaw={found.except}>
        {(described) => (
          <input
            {...described}
            autocomplete="off"
            inputMode="numeric"
            value={rule.except}
            onInput={({ currentTarget: { value: except } }) => set({ except })}
          />
        )}
      </Field>
    </fieldset>
  );
}

interface FieldProps {
  name: StaffKey;
  hint: StaffKey;
  flaw: string | undefined;
  /** the field, which takes the names of what describes it */
  children: (described: Described) => JSX.Element;
}

interface Described {
  id: string;
  "aria-describedby": string;
  "aria-invalid": boolean;
}

function Field({ name, hint, flaw, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{st(name)}</label>
      {children({ id, "aria-describedby": `${id}-hint ${id}-flaw`, "aria-invalid": flaw !== undefined })}
      <small id={`${id}-hint`}>{st(hint)}</small>
      <p id={`${id}-flaw`} class="problem" role="alert">
        {flaw}
      </p>
    </div>
  );
}
