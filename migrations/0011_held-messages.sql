CREATE TABLE `held_messages` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`conversation_id` integer NOT NULL,
	`sender_id` integer NOT NULL,
	`client_msg_id` text NOT NULL,
	`draft` text NOT NULL,
	`rules` text NOT NULL,
	`is_stored` integer NOT NULL,
	`state` text DEFAULT 'waiting' NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`sender_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `held_messages_once` ON `held_messages` (`sender_id`,`conversation_id`,`client_msg_id`);--> statement-breakpoint
CREATE INDEX `held_messages_state` ON `held_messages` (`state`,`id`);--> statement-breakpoint
CREATE INDEX `held_messages_created` ON `held_messages` (`created_at`);