import { alertsPost } from "../alerts.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import type { Shape } from "../shape.ts";

/** The webhook contact point of Grafana's alerting. */
export const grafana: Shape = {
  read: ({ body }) => alertsPost(body, "Grafana"),
  answer: answerAsJson,
  refuse: refuseAsJson,
};
