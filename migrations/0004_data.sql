CREATE TABLE `imported_files` (
	`external_id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`sha256` text NOT NULL,
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`content_type` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `imported_files_key` ON `imported_files` (`key`);--> statement-breakpoint
CREATE INDEX `imported_files_sha256` ON `imported_files` (`sha256`);--> statement-breakpoint
CREATE TABLE `imported_users` (
	`external_id` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `imported_users_user` ON `imported_users` (`user_id`);