#!/bin/sh
# Regenerates default.mp4 and audio.m4a. They were made with Debian's ffmpeg; another build may encode the same picture
# and sound to other bytes.
set -eu
cd "$(dirname "$0")"
ffmpeg -v error -y -f lavfi -i testsrc2=size=320x180:rate=12:duration=6 -f lavfi -i sine=frequency=440:duration=6 \
  -c:v libx264 -preset veryslow -crf 32 -pix_fmt yuv420p -c:a aac -b:a 48k -movflags +faststart \
  -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact default.mp4
ffmpeg -v error -y -i default.mp4 -vn -c:a copy -movflags +faststart -map_metadata -1 -fflags +bitexact audio.m4a
