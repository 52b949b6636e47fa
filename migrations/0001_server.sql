CREATE TABLE `server_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_on` text,
	`expires_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
ALTER TABLE `sessions` ADD `refresh_hash` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `former_refresh_hash` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `refreshed_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `issuer_session` text;--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_issuer` ON `sessions` (`user_id`,`issuer_session`) WHERE issuer_session IS NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `messages_erased` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `external_id` text;--> statement-breakpoint
ALTER TABLE `users` ADD `profile_locked` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `metadata` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `bot` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `suspended_until` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `suspension_reason` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `users_external_id` ON `users` (`external_id`) WHERE external_id IS NOT NULL;