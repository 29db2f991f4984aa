//! The difference of two texts of a file, as `diff -u` and `git apply` write it.

use std::fmt::Write;
use std::ops::Range;

/// So many lines are shown around a change.
const CONTEXT: usize = 3;

/// A unified difference; `changes` are the ranges of the old text that are replaced, in order, and
/// what stands there now.
pub(super) fn unified(file: &str, old: &str, changes: &[(Range<usize>, String)]) -> String {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let mut starts = vec![0];
    for line in &lines {
        starts.push(starts.last().copied().unwrap_or_default() + line.len());
    }
    // The line that holds a byte.
    let line_of = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1).min(lines.len());
    let last_line = lines.len().saturating_sub(1);
    let mut edits: Vec<(Range<usize>, Vec<String>)> = Vec::new();
    let mut changes = changes.iter().peekable();
    while let Some(change) = changes.next() {
        let lines_of = |range: &Range<usize>| {
            (line_of(range.start).min(last_line), line_of(range.end.saturating_sub(1).max(range.start)).min(last_line))
        };
        let (first, mut last) = lines_of(&change.0);
        // Those on a line in common are one.
        let mut together = vec![change];
        while let Some(next) = changes.next_if(|next| lines_of(&next.0).0 <= last) {
            last = last.max(lines_of(&next.0).1);
            together.push(next);
        }
        let (mut from, to) =
            (starts.get(first).copied().unwrap_or(0), starts.get(last + 1).copied().unwrap_or(old.len()));
        let mut text = String::new();
        for (range, with) in together {
            text.push_str(old.get(from..range.start).unwrap_or_default());
            text.push_str(with);
            from = range.end;
        }
        text.push_str(old.get(from..to).unwrap_or_default());
        let new: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        edits.extend(fewest(first, lines.get(first..=last).unwrap_or_default(), &new));
    }
    let mut out = format!("--- {file}\n+++ {file}\n");
    let mut shift: isize = 0;
    let mut at = 0;
    while at < edits.len() {
        let mut end = at + 1;
        while edits.get(end).is_some_and(|next| next.0.start <= edits[end - 1].0.end + 2 * CONTEXT) {
            end += 1;
        }
        let hunk = &edits[at..end];
        at = end;
        let from = hunk.first().map_or(0, |edit| edit.0.start.saturating_sub(CONTEXT));
        let to = hunk.last().map_or(0, |edit| (edit.0.end + CONTEXT).min(lines.len()));
        let grown: isize = hunk.iter().map(|(range, new)| new.len() as isize - range.len() as isize).sum();
        let (old_count, new_count) = (to - from, (to - from).saturating_add_signed(grown));
        let start = |line: usize, count: usize| if count == 0 { line } else { line + 1 };
        let new_from = from.saturating_add_signed(shift);
        // Writing to a string does not fail.
        let _ =
            writeln!(out, "@@ -{},{old_count} +{},{new_count} @@", start(from, old_count), start(new_from, new_count));
        shift += grown;
        let mut line = from;
        for (range, new) in hunk {
            lines[line..range.start].iter().for_each(|text| put(&mut out, ' ', text));
            lines[range.clone()].iter().for_each(|text| put(&mut out, '-', text));
            new.iter().for_each(|text| put(&mut out, '+', text));
            line = range.end;
        }
        lines[line..to].iter().for_each(|text| put(&mut out, ' ', text));
    }
    out
}

/// A new file.
pub(super) fn created(file: &str, text: &str) -> String {
    let mut out = format!("--- /dev/null\n+++ {file}\n@@ -0,0 +1,{} @@\n", text.lines().count());
    text.split_inclusive('\n').for_each(|line| put(&mut out, '+', line));
    out
}

/// How many lines two texts differ by.
pub(super) fn changed_lines(old: &str, new: &str) -> usize {
    let (old, new): (Vec<&str>, Vec<String>) = (old.lines().collect(), new.lines().map(str::to_owned).collect());
    fewest(0, &old, &new).iter().map(|(range, added)| range.len() + added.len()).sum()
}

fn put(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// The runs of lines that differ, by the longest common subsequence; of very long texts all between
/// the first and the last difference.
fn fewest(first: usize, old: &[&str], new: &[String]) -> Vec<(Range<usize>, Vec<String>)> {
    let same_start = old.iter().zip(new).take_while(|(a, b)| **a == b.as_str()).count();
    let rest = (old.len() - same_start).min(new.len() - same_start);
    let same_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| **a == b.as_str()).count();
    let (old, new) = (&old[same_start..old.len() - same_end], &new[same_start..new.len() - same_end]);
    let first = first + same_start;
    if old.is_empty() && new.is_empty() {
        return Vec::new();
    }
    if old.len().saturating_mul(new.len()) > 4_000_000 {
        return vec![(first..first + old.len(), new.to_vec())];
    }
    let width = new.len() + 1;
    let mut longest = vec![0u32; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            longest[a * width + b] = if old[a] == new[b].as_str() {
                longest[(a + 1) * width + b + 1] + 1
            } else {
                longest[(a + 1) * width + b].max(longest[a * width + b + 1])
            };
        }
    }
    let mut out: Vec<(Range<usize>, Vec<String>)> = Vec::new();
    let (mut a, mut b) = (0, 0);
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b].as_str() {
            (a, b) = (a + 1, b + 1);
            continue;
        }
        let at = first + a;
        let joined = out.last().is_some_and(|(range, _)| range.end == at);
        if !joined {
            out.push((at..at, Vec::new()));
        }
        let Some((range, added)) = out.last_mut() else { break };
        if b == new.len() || (a < old.len() && longest[(a + 1) * width + b] >= longest[a * width + b + 1]) {
            range.end += 1;
            a += 1;
        } else {
            added.push(new[b].clone());
            b += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_the_lines_around_it() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n";
        assert_eq!(
            unified("x", old, &[(8..8, "X\n".to_owned())]),
            "--- x\n+++ x\n@@ -2,6 +2,7 @@\n b\n c\n d\n+X\n e\n f\n g\n"
        );
        assert_eq!(
            unified("x", old, &[(0..2, String::new()), (20..22, "K\nM\n".to_owned())]),
            "--- x\n+++ x\n@@ -1,4 +1,3 @@\n-a\n b\n c\n d\n@@ -8,5 +7,6 @@\n h\n i\n j\n-k\n+K\n+M\n l\n"
        );
        assert_eq!(
            unified("x", "a\nb", &[(3..3, "\nc".to_owned())]),
            "--- x\n+++ x\n@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n+b\n+c\n\\ No newline at end of file\n"
        );
        assert_eq!(
            unified("x", "{a, b}\n", &[(1..2, "A".to_owned()), (4..5, "B".to_owned())]),
            "--- x\n+++ x\n@@ -1,1 +1,1 @@\n-{a, b}\n+{A, B}\n"
        );
        assert_eq!(created("y", "a\nb\n"), "--- /dev/null\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    }
}
