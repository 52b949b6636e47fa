CREATE TABLE `link_previews` (
	`key` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`begun_at` integer NOT NULL,
	`preview` text
);
--> statement-breakpoint
CREATE INDEX `link_previews_user` ON `link_previews` (`user_id`,`begun_at`);--> statement-breakpoint
CREATE INDEX `link_previews_begun` ON `link_previews` (`begun_at`);