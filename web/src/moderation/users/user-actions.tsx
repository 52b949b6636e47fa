import type { Chat } from "parley-client";
import { st } from "../../i18n/staff.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import type { StaffAction } from "../actions.tsx";
import { liftSuspension, revokeMessagesOf, suspendUser } from "../calls.ts";
import { ActionDialog } from "../dialogs/action-dialog.tsx";

interface Subject {
  id: number;
  name: string;
  isSuspended: boolean;
}

/** What staff can do about a user. @param done what to do when it has worked */
export function userActions(
  api: Chat["api"],
  { id, name, isSuspended }: Subject,
  done: () => void = () => {},
): StaffAction[] {
  const suspend = () =>
    showDialog((close) => (
      <ActionDialog
        {...{ title: st("act.suspendName", { name }), verb: st("act.suspend"), text: st("act.suspendText") }}
        {...{ time: "until", done: "done.suspend" }}
        act={(why, until) => suspendUser(api, id, until, why).then(done)}
        onClose={close}
      />
    ));
  const shadow = () =>
    showDialog((close) => (
      <ActionDialog
        {...{ title: st("act.shadowName", { name }), verb: st("act.shadow"), text: st("act.shadowText") }}
        {...{ time: "until", done: "done.shadow" }}
        act={(why, until) => suspendUser(api, id, until, why, true).then(done)}
        onClose={close}
      />
    ));
  const lift = () =>
    showDialog((close) => (
      <ActionDialog
        {...{ title: st("act.lift"), verb: st("act.lift"), done: "done.lift" }}
        act={(why) => liftSuspension(api, id, why).then(done)}
        onClose={close}
      />
    ));
  const revokeAll = () =>
    showDialog((close) => (
      <ActionDialog
        {...{ title: st("act.revokeAllName", { name }), verb: st("act.revokeAll") }}
        {...{ text: st("act.revokeAllText"), time: "since", done: "done.revokeAll" }}
        act={(why, since) => revokeMessagesOf(api, id, since ?? 0, why).then(done)}
        onClose={close}
      />
    ));
  return [
    ...(isSuspended ? [{ key: "l", label: st("act.lift"), isMain: true, run: lift }] : []),
    { key: "s", label: st("act.suspend"), run: suspend },
    { key: "h", label: st("act.shadow"), isDanger: true, run: shadow },
    { key: "a", label: st("act.revokeAll"), isDanger: true, run: revokeAll },
  ];
}
