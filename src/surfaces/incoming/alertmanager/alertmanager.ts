import { alertsPost } from "../alerts.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import type { Shape } from "../shape.ts";

/** The webhook receiver of Prometheus' Alertmanager. */
export const alertmanager: Shape = {
  read: ({ body }) => alertsPost(body, "Alertmanager"),
  answer: answerAsJson,
  refuse: refuseAsJson,
};
