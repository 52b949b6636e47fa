CREATE TABLE `friend_groups` (
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `name`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `users` ADD `requests_read_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `friend_requests` ADD `wording` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `friend_requests` ADD `remark` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `friends` ADD `remark` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `friends` ADD `group_names` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `memberships` ADD `marks` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `memberships` ADD `group_names` text DEFAULT '[]' NOT NULL;