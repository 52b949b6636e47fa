import { z } from "zod";
import { invalid } from "../../domain/errors.ts";
import {
  bold,
  lines,
  link,
  messageText,
  oneLine,
  quoted,
  readable,
  text,
} from "../../domain/foreign/text.ts";
import type { HookPost } from "../../domain/server/hook-post.ts";
import { plain } from "../../lib/markup.ts";

const Texts = z.record(z.string(), z.unknown()).catch({});

const Alert = z.object({
  ...{ status: text, labels: Texts.optional(), annotations: Texts.optional(), startsAt: text, endsAt: text },
  ...{ generatorURL: text, fingerprint: text, silenceURL: text, dashboardURL: text, panelURL: text },
  values: Texts.nullish(),
});
type Alert = z.infer<typeof Alert>;

/** What Alertmanager posts, version 4. Grafana posts the same with fields of its own. */
const Alerts = z.object({
  ...{ status: text, receiver: text, groupKey: text, externalURL: text, title: text },
  ...{ commonLabels: Texts.optional(), groupLabels: Texts.optional() },
  alerts: z.array(z.unknown()),
  truncatedAlerts: z.number().optional().catch(undefined),
});
type Alerts = z.infer<typeof Alerts>;

/** More are many to read, and stand on the page that the title leads to. */
const MAX_ALERTS = 10;

const SIGNS: Readonly<Record<string, string>> = { firing: "🔥", resolved: "✅" };
const signOf = (status: string | undefined) => SIGNS[status ?? ""] ?? "🔹";

/**
 * The message of a group of alerts. A group of the same alerts in the same states, which began at the same
 * times, is the same message.
 * @param service its name, for what was posted by another one
 * @throws `validation_failed`
 */
export function alertsPost(body: unknown, service: string): HookPost {
  const group = Alerts.safeParse(body);
  if (!group.success) throw invalid("body.alerts", `must be a list, as webhooks of ${service} post it`);
  const alerts = group.data.alerts.flatMap((given) => {
    const alert = Alert.safeParse(given);
    return alert.success ? [alert.data] : [];
  });
  const { truncatedAlerts = 0, groupKey } = group.data;
  const left = group.data.alerts.length - Math.min(alerts.length, MAX_ALERTS) + truncatedAlerts;
  const said = [
    titleOf(group.data, alerts),
    ...alerts.slice(0, MAX_ALERTS).map(alertText),
    left > 0 ? `… and ${left} more` : "",
  ];
  const states = alerts.map(({ fingerprint, labels, status, startsAt }) =>
    [fingerprint ?? JSON.stringify(labels), status, startsAt].join(" "),
  );
  return {
    text: messageText(said.filter((part) => part !== "").join("\n\n")),
    ...(groupKey !== undefined && {
      key: [service, groupKey, group.data.status, truncatedAlerts, ...states.sort()].join("\n"),
    }),
  };
}

function titleOf({ status, groupLabels, commonLabels, externalURL, title }: Alerts, alerts: Alert[]): string {
  const firing = alerts.filter((alert) => alert.status === "firing").length;
  const count = status === "firing" ? firing : alerts.length;
  const group = Object.values(groupLabels ?? {}).filter((value) => typeof value === "string");
  const name = group.join(" ") || shown(commonLabels?.alertname);
  const counted = `${status ?? "alerts"} ${count}`;
  const label = name === "" ? oneLine(title ?? "") || counted : `${counted}: ${name}`;
  return `${signOf(status)} ${bold(link(label, externalURL))}`;
}

function alertText({ status, labels = {}, annotations = {}, values, ...alert }: Alert): string {
  const { alertname, ...others } = labels;
  const { summary, description, message, runbook_url } = annotations;
  const details = Object.entries(others)
    // Grafana's own, which say nothing to people.
    .filter(([name, value]) => !name.startsWith("__") && typeof value === "string")
    .map(([name, value]) => `${name}=${value}`);
  const links = [
    ["dashboard", alert.dashboardURL],
    ["panel", alert.panelURL],
    ["silence", alert.silenceURL],
    ["runbook", shown(runbook_url)],
  ] as const;
  const measured = Object.entries(values ?? {}).map(([name, value]) => `${name} ${shown(value)}`);
  return lines(
    `${signOf(status)} ${bold(link(shown(alertname) || "alert", alert.generatorURL))} ${plain(oneLine(shown(summary)))}`,
    quoted(plain(shown(description) || shown(message))),
    details.length > 0 && `\`${oneLine(details.join(" "), 500).replaceAll("`", "'")}\``,
    plain(oneLine(measured.join(", "))),
    links
      .filter(([, url]) => url)
      .map(([label, url]) => link(label, url))
      .join(" · "),
  );
}

function shown(value: unknown): string {
  if (typeof value === "string") return readable(value);
  return typeof value === "number" ? String(value) : "";
}
