ALTER TABLE `conversations` ADD `client_group_id` text;--> statement-breakpoint
ALTER TABLE `conversations` ADD `creator_id` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_client_group` ON `conversations` (`creator_id`,`client_group_id`) WHERE client_group_id IS NOT NULL;--> statement-breakpoint
ALTER TABLE `memberships` ADD `requested_at` integer;--> statement-breakpoint
ALTER TABLE `memberships` ADD `request_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `memberships_requests` ON `memberships` (`user_id`,`requested_at`,`conversation_id`) WHERE requested_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `friend_requests_sent` ON `friend_requests` (`from_id`,`created_at`,`user_id`);