import { z } from "@hono/zod-openapi";
import {
  createCategory,
  deleteCategory,
  orderChannels,
  renameCategory,
} from "../../../core/spaces/categories.ts";
import { CategoryId, ConversationId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { CategoryIdParam, SpaceIdParam, SpaceParams } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { Channels, serializeChannels } from "./channels.ts";

const Category = z.object({ id: CategoryId, name: z.string() }).openapi("Category");
const CategoryInput = z
  .object({ name: GroupName })
  .openapi("CategoryInput", { example: { name: "Outside" } });

const ChannelIds = z.array(ConversationId).max(LIMITS.channels);
const Order = z
  .object({
    categories: z.array(z.object({ id: CategoryId, channel_ids: ChannelIds })).max(LIMITS.categories),
    channel_ids: ChannelIds.openapi({ description: "Channels without a category, which come first" }),
  })
  .openapi("ChannelOrder", { example: { categories: [{ id: 1, channel_ids: [2] }], channel_ids: [1] } });

const CategoryParams = z.object({ id: SpaceIdParam, category_id: CategoryIdParam });

const pageRoute = callerRoutes("Spaces", weighs("page"));

const RULES =
  "Wants the permission `manage_channel`. A category in which you can read no channel does not exist for you.";

const createRoute = pageRoute("post", "/v1/spaces/{id}/categories", {
  operationId: "createCategory",
  summary: "Add a category to a space",
  description: `It comes behind the others. ${RULES} A space has at most ${LIMITS.categories}: else \`conflict\`.`,
  request: { params: SpaceParams, body: jsonBody(CategoryInput) },
  responses: {
    201: jsonAnswer("The category", Category),
    ...problems("forbidden", "refused", "not_found", "conflict"),
  },
});

const renameRoute = pageRoute("patch", "/v1/spaces/{id}/categories/{category_id}", {
  operationId: "renameCategory",
  summary: "Name a category",
  description: RULES,
  request: { params: CategoryParams, body: jsonBody(CategoryInput) },
  responses: {
    200: jsonAnswer("The category", Category),
    ...problems("forbidden", "refused", "not_found"),
  },
});

const deleteRoute = pageRoute("delete", "/v1/spaces/{id}/categories/{category_id}", {
  operationId: "deleteCategory",
  summary: "Delete a category",
  description: `Its channels stay, without one. Without such a category nothing changes. ${RULES}`,
  request: { params: CategoryParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const orderRoute = pageRoute("put", "/v1/spaces/{id}/order", {
  operationId: "orderChannels",
  summary: "Put channels into an order, and into categories",
  description: `Names all channels and categories that you see once: else \`conflict\`. Others keep their place. ${RULES}`,
  request: { params: SpaceParams, body: jsonBody(Order) },
  responses: {
    200: jsonAnswer("All that you see", Channels),
    ...problems("forbidden", "not_found", "conflict"),
  },
});

export const categories = v1Router()
  .openapi(createRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { name } = c.req.valid("json");
    return c.json(await createCategory(c.var.core, c.var.caller.userId, id, name), 201);
  })
  .openapi(renameRoute, async (c) => {
    const { id, category_id: category } = c.req.valid("param");
    const { name } = c.req.valid("json");
    return c.json(await renameCategory(c.var.core, c.var.caller.userId, id, category, name), 200);
  })
  .openapi(deleteRoute, async (c) => {
    const { id, category_id: category } = c.req.valid("param");
    await deleteCategory(c.var.core, c.var.caller.userId, id, category);
    return c.body(null, 204);
  })
  .openapi(orderRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { categories, channel_ids: channelIds } = c.req.valid("json");
    const layout = await orderChannels(c.var.core, c.var.caller.userId, id, {
      categories: categories.map((one) => ({ id: one.id, channelIds: one.channel_ids })),
      channelIds,
    });
    return c.json(serializeChannels(id, layout), 200);
  });
