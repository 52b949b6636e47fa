CREATE TABLE `message_requests` (
	`user_id` integer NOT NULL,
	`conversation_id` integer NOT NULL,
	`from_id` integer NOT NULL,
	`created_at` integer,
	`ignored` integer DEFAULT false NOT NULL,
	PRIMARY KEY(`user_id`, `conversation_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`from_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `message_requests_newest` ON `message_requests` (`user_id`,`created_at`,`conversation_id`);--> statement-breakpoint
CREATE INDEX `message_requests_from` ON `message_requests` (`from_id`);--> statement-breakpoint
CREATE INDEX `message_requests_conversation` ON `message_requests` (`conversation_id`);--> statement-breakpoint
ALTER TABLE `users` ADD `who_may_write` text;--> statement-breakpoint
ALTER TABLE `users` ADD `who_may_add` text;