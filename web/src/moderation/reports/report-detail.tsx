import { Problem } from "parley-client";
import { useState } from "preact/hooks";
import { st } from "../../i18n/staff.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { type StaffAction, StaffActions } from "../actions.tsx";
import { dissolveGroup, type KeptReport, type Report, revokeMessage } from "../calls.ts";
import { ActionDialog } from "../dialogs/action-dialog.tsx";
import { ResolveDialog } from "../dialogs/resolve-dialog.tsx";
import { staffHref, useName } from "../links.tsx";
import { userActions } from "../users/user-actions.tsx";
import { ReportContext } from "./report-context.tsx";
import { ReportFacts } from "./report-facts.tsx";
import { ReportFiles } from "./report-files.tsx";
import { useAbout } from "./report-row.tsx";

interface Props {
  id: number;
  mayAct: boolean;
  /** the report has changed */
  onChange: () => void;
}

type Change = Pick<Report, "state"> & { resolution?: "acted" | "dismissed"; note?: string };

/** A report in full, and what staff can do about it. */
export function ReportDetail({ id, mayAct, onChange }: Props) {
  const { chat } = useAccount();
  const [changed, setChanged] = useState<Report>();
  const [conflict, setConflict] = useState("");
  const { value, problem, reload } = useLoaded(`${id}`, () =>
    chat.api.call("get", "/v1/moderation/reports/{id}", { path: { id } }),
  );
  const handle = useAction(async (body: Change) => {
    setConflict("");
    try {
      // To read it again would be another row of the audit log.
      setChanged(await chat.api.call("patch", "/v1/moderation/reports/{id}", { path: { id }, body }));
    } catch (error) {
      if (!(error instanceof Problem && error.code === "conflict")) throw error;
      setConflict(st("report.conflict", { detail: reason(error) }));
      setChanged(undefined);
      reload();
    }
    onChange();
  });
  const report = value && { ...value, ...changed };
  return (
    <>
      <a class="admin-back" href={staffHref({ tab: "reports", id: 0 })}>
        <Icon name="back" />
        {st("reports.back")}
      </a>
      {!value && !problem && <Placeholder />}
      <ProblemText text={problem || handle.problem || conflict} />
      {report && (
        <article class="admin-report" aria-label={st("report.title", { n: `${id}` })}>
          <Title report={report} />
          {mayAct && <Actions report={report} onHandle={(change) => void handle.run(change)} />}
          <ReportFacts report={report} />
          {report.about.seq !== null && <ReportContext report={report} />}
          <ReportFiles files={report.files} />
        </article>
      )}
    </>
  );
}

function Title({ report }: { report: Report }) {
  const about = useAbout(report);
  return (
    <h3>
      <bdi>{about}</bdi> <span class="admin-label">{st(`state.${report.state}`)}</span>
    </h3>
  );
}

interface ActionsProps {
  report: KeptReport;
  onHandle: (change: Change) => void;
}

function Actions({ report, onHandle }: ActionsProps) {
  const { chat } = useAccount();
  const { conversation_id: conversation, seq, user_id: author } = report.about;
  const { conversation_kind: kind } = report;
  const name = useName(author);
  const resolve = () =>
    showDialog((close) => (
      <ResolveDialog
        report={report}
        onResolve={(resolution, note) => onHandle({ state: "resolved", resolution, note })}
        onClose={close}
      />
    ));
  const all: (StaffAction | false)[] = [
    report.state === "open" && {
      ...{ key: "t", label: st("act.take"), isMain: true },
      run: () => onHandle({ state: "taken" }),
    },
    report.state !== "resolved" && {
      ...{ key: "r", label: st("act.resolve"), isMain: report.state === "taken" },
      run: resolve,
    },
    report.state !== "open" && {
      ...{ key: "o", label: st("act.reopen") },
      run: () => onHandle({ state: "open" }),
    },
    conversation !== null &&
      seq !== null && {
        ...{ key: "d", label: st("act.revoke"), isDanger: true },
        run: () =>
          showDialog((close) => (
            <ActionDialog
              {...{ title: st("act.revoke"), verb: st("act.revoke"), text: st("act.revokeText") }}
              done="done.revoke"
              act={(why) => revokeMessage(chat.api, conversation, seq, why)}
              onClose={close}
            />
          )),
      },
    ...(author === null ? [] : userActions(chat.api, { id: author, name, isSuspended: false })).map(
      (one) => ({ ...one, isDanger: true }),
    ),
    conversation !== null &&
      kind === "group" && {
        ...{ key: "g", label: st("act.dissolve"), isDanger: true },
        run: () =>
          showDialog((close) => (
            <ActionDialog
              {...{ title: st("act.dissolve"), verb: st("act.dissolve"), text: st("act.dissolveText") }}
              done="done.dissolve"
              act={(why) => dissolveGroup(chat.api, conversation, why)}
              onClose={close}
            />
          )),
      },
  ];
  return <StaffActions actions={all.filter((one) => one !== false)} />;
}
