# SPDX-License-Identifier: Apache-2.0
# Completion of tbgw-spool(1) for fish. Behind "--" stands a command with its own completion.
function __tbgw_spool_in_command
    contains -- -- (commandline -opc)
end

complete -c tbgw-spool -n __tbgw_spool_in_command -xa '(__fish_complete_subcommand --fcs-skip=(contains -i -- -- (commandline -opc)))'
complete -c tbgw-spool -n 'not __tbgw_spool_in_command' -xa '(__fish_complete_directories)'
complete -c tbgw-spool -s h -l help -d 'Print help and exit'
complete -c tbgw-spool -s V -l version -d 'Print the version and exit'
complete -c tbgw-spool -s v -l verbose -d 'Say more'
complete -c tbgw-spool -s q -l quiet -d 'Say errors only'
complete -c tbgw-spool -l config -r -F -d 'Read options from a file'
complete -c tbgw-spool -l stats -x -d 'Print a stats event this often'
complete -c tbgw-spool -l ready-fd -x -d 'Write a newline to this descriptor when ready'
complete -c tbgw-spool -l drain-timeout -x -d 'Longest wait at the end'
complete -c tbgw-spool -l listen -r -F -d 'Accept lines from writers that connect to a socket'
complete -c tbgw-spool -l to -r -F -d 'Send stdin to the spool that listens at a socket'
complete -c tbgw-spool -l accept-fd -x -d 'Report accepted lines on this descriptor'
complete -c tbgw-spool -l max-record -x -d 'Refuse lines longer than this'
complete -c tbgw-spool -l sync -x -a 'always none 10ms 100ms 1s' -d 'Time between syncs of the disk'
complete -c tbgw-spool -l max-bytes -x -d 'Keep at most this much'
complete -c tbgw-spool -l min-free -x -d 'Leave this much free on the file system'
complete -c tbgw-spool -l max-age -x -d 'Drop records older than this'
complete -c tbgw-spool -l segment-bytes -x -d 'Size of a segment file'
complete -c tbgw-spool -l when-full -x -a 'block drop-oldest drop-newest fail' -d 'What to do when there is no room'
complete -c tbgw-spool -l write-behind -x -d 'Write only what is not acknowledged in time'
complete -c tbgw-spool -l memory -d 'Keep records in memory only'
complete -c tbgw-spool -l window -x -d 'Records that may be out and undone'
complete -c tbgw-spool -l ack -x -a 'line write' -d 'When a record is done'
complete -c tbgw-spool -l get -d 'Only deliver'
complete -c tbgw-spool -l cursor -x -d 'The position to go on from'
complete -c tbgw-spool -l stall -x -d 'Restart the command when it acknowledges nothing for so long'
