CREATE TABLE `audit_log` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`by_user` integer,
	`by_key` text,
	`from_block` text,
	`action` text NOT NULL,
	`user_id` integer,
	`conversation_id` integer,
	`seq` integer,
	`report_id` integer,
	`reason` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `reports` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`reporter_id` integer NOT NULL,
	`about` text NOT NULL,
	`user_id` integer,
	`conversation_id` integer,
	`seq` integer,
	`reason` text NOT NULL,
	`note` text NOT NULL,
	`created_at` integer NOT NULL,
	`state` text DEFAULT 'open' NOT NULL,
	`taken_by` integer,
	`resolution` text,
	`staff_note` text DEFAULT '' NOT NULL,
	`changed_at` integer NOT NULL,
	`kept` text NOT NULL,
	FOREIGN KEY (`reporter_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `reports_once` ON `reports` (`reporter_id`,`about`);--> statement-breakpoint
CREATE INDEX `reports_of_reporter` ON `reports` (`reporter_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `reports_state` ON `reports` (`state`,`id`);--> statement-breakpoint
CREATE INDEX `reports_user` ON `reports` (`user_id`);--> statement-breakpoint
CREATE INDEX `reports_conversation` ON `reports` (`conversation_id`);--> statement-breakpoint
CREATE INDEX `reports_created` ON `reports` (`created_at`);--> statement-breakpoint
ALTER TABLE `users` ADD `staff_role` text DEFAULT 'user' NOT NULL;